#!/bin/bash
# Both compilers, all warnings of the Makefile, no warning.
flags=()
eval "flags=($(make -s print-compile))"
[ ${#flags[@]} -gt 10 ] || { echo "make print-compile failed"; exit 1; }
mapfile -t files < <(git ls-files 'src/*.c' 'tests/*.c' 'examples/*.c' |
    while read -r f; do [ -f "$f" ] && echo "$f"; done)
used=
for cc in gcc clang; do
    command -v $cc >/dev/null || continue
    used="$used${used:+ and }$cc"
    # Each compiler has warnings that the other does not know.
    other=-Wno-unknown-warning-option
    [ $cc = clang ] || other=-Wextra
    printf '%s\0' "${files[@]}" |
        xargs -0 -n 8 -P 2 $cc "${flags[@]}" $other -Werror -fsyntax-only || exit 1
done
echo "${#files[@]} files with $used"

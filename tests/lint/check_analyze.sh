#!/bin/bash
# clang's static analyzer over every source file: no finding.  It takes a quarter of an hour on
# two processors, so it runs only when SLOW is set (make lint SLOW=1).
[ -n "$SLOW" ] || { echo "set SLOW=1: it takes long"; exit 77; }
command -v clang >/dev/null || { echo "clang is not installed"; exit 77; }
flags=()
eval "flags=($(make -s print-compile))"
[ ${#flags[@]} -gt 10 ] || { echo "make print-compile failed"; exit 1; }
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
# Only the analyzer's own findings: warnings are another check's business.
git ls-files -z 'src/*.c' | xargs -0 -n 1 -P 2 clang --analyze "${flags[@]}" -w \
    -Xclang -analyzer-output=text -o /dev/null >"$out" 2>&1 || { cat "$out"; exit 1; }
if grep -q 'warning:' "$out"; then
    cat "$out"
    exit 1
fi
echo "$(git ls-files 'src/*.c' | wc -l) files"

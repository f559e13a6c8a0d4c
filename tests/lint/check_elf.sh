#!/bin/bash
# The programs as built: hardening that the flags promise, and no library that would slow down
# or widen the start of flowlatch.  What is opened with dlopen when first needed must not be here.
if readelf -s "$B/flowlatch" | grep -q __asan_init; then
    echo "a sanitizer build has other flags"
    exit 77
fi
bad=0
fail() {
    echo "$1"
    bad=1
}

for program in "$B"/flowlatch "$B"/flowlatch-keyring "$B"/flowlatch-tenant; do
    header=$(readelf -hW "$program") segments=$(readelf -lW "$program")
    dynamic=$(readelf -dW "$program") notes=$(readelf -nW "$program" 2>/dev/null)
    symbols=$(readelf --dyn-syms -W "$program")
    grep -q 'Type:.*DYN' <<<"$header" || fail "$program: not position independent"
    grep -q GNU_RELRO <<<"$segments" || fail "$program: no RELRO"
    grep -Eq 'FLAGS.*(BIND_)?NOW' <<<"$dynamic" || fail "$program: symbols are bound lazily"
    grep -E 'GNU_STACK' <<<"$segments" | grep -q 'RWE' && fail "$program: executable stack"
    grep -E '^ *LOAD' <<<"$segments" | grep -q 'RWE' && fail "$program: writable code"
    grep -Eq '(RPATH|RUNPATH)' <<<"$dynamic" && fail "$program: has a run path"
    grep -q TEXTREL <<<"$dynamic" && fail "$program: text relocations"
    grep -q __stack_chk_fail <<<"$symbols" || fail "$program: no stack protector"
    grep -q '__[a-z]*_chk' <<<"$(grep -v stack_chk <<<"$symbols")" ||
        fail "$program: no fortified call"
    if [ "$(uname -m)" = x86_64 ]; then
        # The crt files of the system decide together with our objects.
        grep -q 'IBT, SHSTK\|IBT' <<<"$notes" || objdump -d "$program" | grep -q endbr64 ||
            fail "$program: no control-flow protection"
    fi
done

allowed='^(libcjson|libmbedcrypto|libc|ld-linux.*|libdl|libm)\.so'
while read -r library; do
    [[ $library =~ $allowed ]] || fail "$B/flowlatch: links $library"
done < <(readelf -dW "$B/flowlatch" | sed -n 's/.*(NEEDED).*\[\(.*\)\].*/\1/p')

[ $bad = 0 ] && echo "$(readelf -dW "$B/flowlatch" | grep -c NEEDED) libraries linked"
exit $bad

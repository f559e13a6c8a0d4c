#!/bin/bash
# run.sh [CHECK...] - runs the checks of this directory (make lint) and adds them up.
#
# A check is an executable check_* here; it runs from the root of the repository with B naming
# the build directory.  Exit status 0: passed; 77: skipped (its output says why); anything else:
# failed (its output is shown).  SLOW=1 adds what takes minutes.
# The last line is "N passed, N failed, N skipped".

cd "$(dirname "$0")/../.." || exit 2
export B=${B:-build} LC_ALL=C.UTF-8
limit=${LIMIT:-300}
[ -z "$SLOW" ] || limit=3600
out=$(mktemp) || exit 2
trap 'rm -f "$out"' EXIT
trap 'exit 130' INT TERM
[ $# -gt 0 ] || set -- tests/lint/check_*

passed=0 failed=0 skipped=0
for check; do
    [ -x "$check" ] || continue
    name=${check##*/check_}
    start=$SECONDS
    timeout -k 5 "$limit" "$check" >"$out" 2>&1 </dev/null
    rc=$?
    took=$((SECONDS - start))
    last=$(tail -n 1 "$out")
    case $rc in
    0) passed=$((passed + 1)) word=ok detail=$last ;;
    77) skipped=$((skipped + 1)) word=skip detail=$last ;;
    124) failed=$((failed + 1)) word=FAIL detail="took too long" ;;
    *) failed=$((failed + 1)) word=FAIL detail= ;;
    esac
    printf '%-5s %-22s %s%s\n' "$word" "${name%.*}" "$detail" \
        "$([ $took -lt 3 ] || echo " (${took} s)")"
    [ $word != FAIL ] || sed 's/^/      | /' "$out"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed = 0 ] && [ $passed != 0 ]

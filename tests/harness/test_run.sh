#!/bin/bash
# test_run.sh - the test runner counts truly, also where tests die, hang, lie or say nothing.

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
n=0

# check NAME WANTED-LAST-LINE WANTED-STATUS SCRIPT...: one test file per SCRIPT.
check() {
    local name=$1 want=$2 status=$3 files=() got rc
    shift 3
    for body; do
        files+=("$dir/t$((n += 1)).sh")
        printf '#!/bin/bash\n%s\n' "$body" >"${files[-1]}"
        chmod +x "${files[-1]}"
    done
    out=$(LIMIT=2 "$root/tests/run.sh" "${files[@]}" 2>&1)
    rc=$?
    got=$(tail -n 1 <<<"$out")
    tests=$((tests + 1))
    if [ "$got" = "$want" ] && [ "$rc" = "$status" ]; then
        echo "ok $tests - $name"
    else
        echo "not ok $tests - $name"
        echo "# have: $got ($rc)"
        echo "# want: $want ($status)"
    fi
}

check 'passed tests' '3 passed, 0 failed, 0 skipped' 0 \
    'echo 1..2; echo ok 1 - a; echo ok 2 - b' 'echo ok 1; echo 1..1'
check 'a failed test' '1 passed, 1 failed, 0 skipped' 1 \
    'echo 1..2; echo ok 1; echo not ok 2 - b; exit 1'
check 'a failed test without a failed exit' '0 passed, 1 failed, 0 skipped' 1 \
    'echo 1..1; echo not ok 1'
check 'skipped tests' '1 passed, 0 failed, 3 skipped' 0 \
    'echo 1..3; echo ok 1; echo "ok 2 - b # SKIP why"; echo "not ok 3 # SKIP c"' \
    'echo "1..0 # SKIP nothing here"'
check 'skipped tests alone are no success' '0 passed, 0 failed, 1 skipped' 1 \
    'echo "1..0 # SKIP nothing here"'
check 'an error after the last test' '1 passed, 1 failed, 0 skipped' 1 \
    'echo 1..1; echo ok 1; exit 3'
check 'a crash' '1 passed, 1 failed, 0 skipped' 1 'echo 1..2; echo ok 1; kill -SEGV $$'
check 'silence' '0 passed, 1 failed, 0 skipped' 1 'true'
check 'no plan' '1 passed, 1 failed, 0 skipped' 1 'echo ok 1'
check 'fewer tests than planned' '1 passed, 1 failed, 0 skipped' 1 'echo 1..2; echo ok 1'
check 'an empty plan is not a skip' '0 passed, 1 failed, 0 skipped' 1 'echo 1..0'
check 'a test that cannot be started' '0 passed, 1 failed, 0 skipped' 1 'exec /nowhere/at/all'
check 'a test that hangs, with a child' '1 passed, 1 failed, 0 skipped' 1 \
    "echo 1..1; echo ok 1; sleep 3333 & echo \$! >$dir/child; wait"
tests=$((tests + 1))
# Where nobody reaps orphans it stays as a zombie, without a command line.
if [ -n "$(tr -d '\0' <"/proc/$(cat "$dir/child")/cmdline" 2>/dev/null)" ]; then
    echo "not ok $tests - the hanging child was ended"
else
    echo "ok $tests - the hanging child was ended"
fi
check 'words inside other output do not count' '1 passed, 0 failed, 0 skipped' 0 \
    'echo 1..1; echo "# not ok"; echo "   not ok 1"; echo "okay"; echo ok 1'
check 'signals are not ignored' '1 passed, 0 failed, 0 skipped' 0 \
    "echo 1..1; trap 'echo ok 1; exit' INT; kill -INT \$\$"
check 'the home directory is empty' '1 passed, 0 failed, 0 skipped' 0 \
    'echo 1..1; [ -z "$(ls -A "$HOME")" ] && [ -z "$DBUS_SESSION_BUS_ADDRESS" ] && echo ok 1'
echo "1..$tests"

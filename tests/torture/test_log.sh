#!/bin/bash
# test_log.sh - the usage log among processes that are killed, stopped, and surprised by midnight.
#
# KILLS, RECORDS, DAYS and FLIPS say how much (make torture asks for more).  Prints TAP.

B=${B:-build}
prog=$B/tests/torture/log_torture
base=/dev/shm
[ -w "$base" ] || base=${TMPDIR:-/tmp}
dir=$(mktemp -d "$base/flowlatch-log-XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT

n=0
check() {
	local what=$1 out

	shift
	n=$((n + 1))
	if out=$(timeout "${STEP_LIMIT:-60}" "$prog" "$1" "$dir/$n" "${@:2}" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
	fi
	sed 's/^/# /' <<<"$out"
	rm -rf "${dir:?}/$n"
}

echo 1..5
check "${KILLS:-480} SIGKILLs of 16 writers leave a log that verifies" kill 16 "${KILLS:-480}"
check "16 writers append ${RECORDS:-300} records each, and none is lost" load 16 "${RECORDS:-300}"
check "4 writers at ${DAYS:-40} changes of the date, one killed at each" days 4 "${DAYS:-40}"
check "a stopped holder of the lock keeps nobody waiting" stop
check "every change of one bit in ${FLIPS:-10} records is found" flips "${FLIPS:-10}"

#!/bin/bash
# test_log_faults.sh - every system call of the usage log and the store fails once.  Prints TAP.

base=/dev/shm
[ -w "$base" ] || base=${TMPDIR:-/tmp}
dir=$(mktemp -d "$base/flowlatch-faults-XXXXXX") || exit 2
trap 'rm -rf "$dir"' EXIT
"${B:-build}/tests/torture/log_faults" "$dir"

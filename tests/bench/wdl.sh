#!/bin/sh
# What the language costs, in units of parsing the same bytes with cJSON; and linting one file
# against another linter, where WDL_PEER names its command (the file is put behind it).
#
#   B         build directory (build)
#   ROUNDS    of each measurement (10, of five runs); the least counts
#   WDL_PEER  such as "palint" (Python: pip install powerautomate-lint), another linter of this
#             language; none was found in the npm registry
B=${B:-build}
"$B/tests/bench/wdl" "${ROUNDS:-10}"
status=$?
[ -n "$WDL_PEER" ] || exit $status

file=$(mktemp --suffix=.json)
trap 'rm -f "$file"' EXIT
"$B/tests/bench/wdl" write 500 >"$file"
# The least wall time of five runs, in milliseconds.
least() {
    best=
    for _ in 1 2 3 4 5; do
        start=$(date +%s%N)
        "$@" "$file" >/dev/null 2>&1
        took=$((($(date +%s%N) - start) / 10000))
        [ -z "$best" ] || [ "$took" -lt "$best" ] && best=$took
    done
    echo "$best"
}
ours=$(least "$B/flowlatch" lint)
# shellcheck disable=SC2086 # a command with arguments
theirs=$(least $WDL_PEER)
awk -v a="$ours" -v b="$theirs" -v peer="$WDL_PEER" 'BEGIN {
    printf "a file of 500 actions, from exec to exit: flowlatch %.1f ms, %s %.1f ms (%.0f times)\n",
        a / 100, peer, b / 100, b / a }'
exit $status

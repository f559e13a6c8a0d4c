#!/bin/sh
# What the language costs, in units of parsing the same bytes with cJSON; reading and evaluating
# expressions against adaptive-expressions, which Microsoft publishes in the npm registry: its
# functions are "largely from" this language, and no package with a parser of this language itself
# was found there; and linting one file against another linter, where WDL_PEER names its command
# (the file is put behind it).
#
#   B         build directory (build)
#   BENCH_LAB where the peer is installed from npm ($B/bench)
#   ROUNDS    of each measurement (10, of five runs); the least counts
#   WDL_PEER  such as "palint" (Python: pip install powerautomate-lint)
B=${B:-build}
LAB=${BENCH_LAB:-$B/bench}
here=$(dirname "$0")
"$B/tests/bench/wdl" "${ROUNDS:-10}"
status=$?
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# ---- expressions ----

mkdir -p "$LAB"
LAB=$(cd "$LAB" && pwd)
name=adaptive-expressions version=4.23.3
installed() {
    [ -f "$LAB/node_modules/$name/package.json" ]
}
if ! installed && command -v npm >/dev/null 2>&1; then
    (cd "$LAB" && { [ -f package.json ] || npm init -y >/dev/null 2>&1; } &&
        npm i "$name@$version" >/dev/null 2>&1) || true
fi
# The least of three measurements of each side, in turns.
compare() {
    kind=$1
    counted=$(node "$here/wdl_peer.mjs" "$LAB" pick "$kind" "$tmp/list" 2>&1 >"$tmp/$kind") || return
    for _ in 1 2 3; do
        "$B/tests/bench/wdl_peer" "$kind" "$tmp/$kind" || return
        node "$here/wdl_peer.mjs" "$LAB" "$kind" "$tmp/$kind" || return
    done >"$tmp/times" || return
    awk -v what="$2" -v n="$counted" -v peer="$name $version" '
        NR % 2 == 1 && (!a || $1 < a) { a = $1 }
        NR % 2 == 0 && (!b || $1 < b) { b = $1 }
        END { printf "%s %s: flowlatch %.2f ms, %s %.2f ms (%.0f times)\n", n, what, a / 1e3,
                  peer, b / 1e3, b / a }' "$tmp/times"
}
if ! command -v node >/dev/null 2>&1 || ! installed; then
    echo "expressions against $name: left out, it is not installed (needs Node and npm)"
else
    version=$(node -p "require('$LAB/node_modules/$name/package.json').version")
    "$B/tests/bench/wdl_peer" list >"$tmp/list" &&
        compare parse "expressions of 84 kB read" &&
        compare evaluate "kinds of expressions read and evaluated, with the same values" ||
        echo "expressions against $name: it did not run" >&2
fi
[ -n "$WDL_PEER" ] || exit $status

# ---- a linter ----

"$B/tests/bench/wdl" write 500 >"$tmp/flow.json"
# The least wall time of five runs, in milliseconds.
least() {
    best=
    for _ in 1 2 3 4 5; do
        start=$(date +%s%N)
        "$@" "$tmp/flow.json" >/dev/null 2>&1
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

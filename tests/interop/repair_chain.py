#!/usr/bin/env python3
"""repair_chain.py claude|codex LAB FLOWLATCH - a real host repairs a flow, with a scripted model.

The model (on loopback) does what an agent would: finds the failed run, has it explained, rehearses
the first fix, saves it, runs the failed run again and waits for it.  The person agrees in Claude
Code's form at its keyboard, or, where the host has none, in another terminal with a PIN.  Passes
when the repeated run has succeeded.
"""
import json
import os
import pty
import re
import select
import subprocess
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
import mock_model  # noqa: E402

WHO, LAB, FLOWLATCH = sys.argv[1:4]
HOME = "%s/repair-%s" % (LAB, WHO)
LOG = HOME + "/model.log"
PIN = "2468"
ENV = {"HOME": HOME, "PATH": os.environ["PATH"], "TERM": "xterm-256color", "LANG": "C.UTF-8",
       "XDG_RUNTIME_DIR": HOME + "/run"}
ENVIRONMENT = "Fabrikam Operations"
SAYS = []  # what the person was asked outside of the host


def document(text):
    """The first JSON document of a result; hosts add lines of their own around it."""
    at = min([i for i in (text.find("{"), text.find("[")) if i >= 0], default=-1)
    return json.JSONDecoder().raw_decode(text[at:])[0] if at >= 0 else None


class Agent:
    """Chooses the next call."""

    def __init__(self, prefix):
        self.prefix, self.step, self.last, self.end = prefix, 0, None, None
        self.known, self.told = {"environmentName": ENVIRONMENT}, 0

    def call(self, tool, *names, **more):
        arguments = dict({k: self.known[k] for k in names}, **more)
        self.last = (self.prefix + tool, arguments)
        return self.last

    def __call__(self, results):
        found = document(results[-1]) if results else None
        if isinstance(found, dict) and "retry" in (found.get("error") or {}):
            if found["error"]["code"] == "approval_required" and self.told < 4:
                self.told += 1
                approve(found["error"]["data"]["code"])
                return self.last
            self.end = "%s: %s" % (self.last[0], found["error"])
            return None
        self.step += 1
        return getattr(self, "step_%d" % self.step)(found)

    def step_1(self, _):
        return self.call("list_live_flows", "environmentName", search="Order intake: pick")

    def step_2(self, found):
        self.known["flowName"] = found["flows"][0]["id"]
        return self.call("get_live_flow_runs", "environmentName", "flowName", top=20)

    def step_3(self, found):
        self.known["runName"] = next(r["name"] for r in found if r["status"] == "Failed")
        return self.call("diagnose_live_flow_run", "environmentName", "flowName", "runName")

    def step_4(self, found):
        self.known["operations"] = found["fixes"][0]["operations"]
        return self.call("rehearse_live_flow", "environmentName", "flowName", "runName",
                         "operations")

    def step_5(self, found):
        print("# rehearsed: %s" % json.dumps(found)[:300])
        return self.call("update_live_flow", "environmentName", "flowName", "operations")

    def step_6(self, found):
        assert found["verified"] and found["error"] is None, found
        return self.call("resubmit_live_flow_run", "environmentName", "flowName", "runName")

    def step_7(self, found):
        self.known["runName"] = found["runName"]
        return self.call("wait_for_live_flow_run", "environmentName", "flowName", "runName")

    def step_8(self, found):
        self.end = found["status"]


def person(args, dialogue):
    """Runs flowlatch in a terminal of its own, and types."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(FLOWLATCH, [FLOWLATCH] + args, ENV)
    screen, seen, end = "", 0, time.monotonic() + 30
    while time.monotonic() < end:
        while dialogue and dialogue[0][0] in screen[seen:]:
            seen = len(screen)
            os.write(fd, dialogue.pop(0)[1].encode() + b"\n")
        if not select.select([fd], [], [], 0.1)[0]:
            continue
        try:
            piece = os.read(fd, 65536)
        except OSError:
            break
        if not piece:
            break
        screen += piece.decode("utf-8", "replace")
    os.close(fd)
    if os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        print("# the terminal: " + screen.replace("\r\n", "\n# "))


def approve(code):
    """A person in another terminal."""
    if not SAYS:
        person(["approve", "--practice", "--set-pin"], [["New PIN", PIN], ["Once more", PIN]])
    SAYS.append(code)
    person(["approve", "--practice", code], [["yes, no or edit", "yes"], ["PIN: ", PIN]])


# ---- hosts ----

def tmux(*args):
    return subprocess.run(["tmux", "-S", LAB + "/repair.socket"] + list(args), capture_output=True,
                          text=True, check=False).stdout


def claude(port, agent):
    """In a terminal; each form is answered with "run this once"."""
    project = HOME + "/project"
    os.makedirs(project)
    with open(HOME + "/.claude.json", "w") as f:
        json.dump({"hasCompletedOnboarding": True, "theme": "dark",
                   "customApiKeyResponses": {"approved": ["x"], "rejected": []},
                   "projects": {project: {"hasTrustDialogAccepted": True,
                                          "hasCompletedProjectOnboarding": True}}}, f)
    with open(HOME + "/mcp.json", "w") as f:
        json.dump({"mcpServers": {"flowlatch": {"type": "stdio", "command": FLOWLATCH,
                                                "args": ["serve", "--practice"]}}}, f)
    env = dict(ENV, ANTHROPIC_BASE_URL="http://127.0.0.1:%d" % port, ANTHROPIC_API_KEY="x",
               ENABLE_TOOL_SEARCH="false", CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1")
    tmux("kill-server")
    tmux("-f", "/dev/null", "new-session", "-d", "-s", "repair", "-x", "120", "-y", "60", "-c",
         project, "env", "-i", *["%s=%s" % kv for kv in env.items()],
         LAB + "/clients/node_modules/@anthropic-ai/claude-code-linux-x64/claude",
         "--strict-mcp-config", "--mcp-config", HOME + "/mcp.json",
         "--allowedTools", "mcp__flowlatch__*", "--", "Why did the order intake fail? Repair it.")
    forms, until = 0, time.monotonic() + 180
    while agent.end is None and time.monotonic() < until:
        screen = tmux("capture-pane", "-p", "-t", "repair")
        if re.search(r"requests your input.*Decision: . Do not run", screen, re.S):
            forms += 1
            with open(HOME + "/form-%d.txt" % forms, "w") as f:
                f.write(screen)
            for key in ("Right", "Down", "Enter", "Enter"):
                tmux("send-keys", "-t", "repair", key)
                time.sleep(1)
        time.sleep(0.3)
    with open(HOME + "/screen.txt", "w") as f:
        f.write(tmux("capture-pane", "-p", "-S", "-200", "-t", "repair"))
    tmux("kill-server")
    return forms


def codex(port, agent):
    """Without a terminal, where Codex declines forms by itself; the person decides in another one."""
    os.makedirs(HOME + "/.codex")
    os.makedirs(HOME + "/.config/flowlatch", mode=0o700)
    with open(HOME + "/.config/flowlatch/policy.conf", "w") as f:
        f.write("channels = terminal\n")
    os.chmod(HOME + "/.config/flowlatch/policy.conf", 0o600)
    with open(HOME + "/.codex/config.toml", "w") as f:
        f.write('model = "m"\nmodel_provider = "loop"\n[model_providers.loop]\nname = "loop"\n'
                'base_url = "http://127.0.0.1:%d/v1"\nwire_api = "responses"\nenv_key = "LOOPKEY"\n'
                '[mcp_servers.flowlatch]\ncommand = "%s"\nargs = ["serve", "--practice"]\n'
                'default_tools_approval_mode = "approve"\n' % (port, FLOWLATCH))
    with open(HOME + "/codex.out", "w") as out:
        p = subprocess.Popen([LAB + "/clients/node_modules/.bin/codex", "exec",
                              "--skip-git-repo-check", "repair it"], stdin=subprocess.DEVNULL,
                             stdout=out, stderr=out, cwd=HOME, env=dict(ENV, LOOPKEY="x"))
        try:
            p.wait(180)
        except subprocess.TimeoutExpired:
            p.kill()
    return len(SAYS)


def main():
    subprocess.run(["rm", "-rf", HOME], check=True)
    os.makedirs(HOME + "/run", mode=0o700)
    agent = Agent("mcp__flowlatch__" if WHO == "claude" else "")
    model = mock_model.Model(agent, LOG, None if WHO == "claude" else "mcp__flowlatch")
    server = mock_model.serve("anthropic" if WHO == "claude" else "openai", model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    asked = {"claude": claude, "codex": codex}[WHO](server.server_address[1], agent)
    print("%s: %d steps, asked %d times, the run ended as %s" % (WHO, agent.step, asked, agent.end))
    return agent.end != "Succeeded" or asked != 2


sys.exit(main())

#!/usr/bin/env python3
"""--practice: a tenant of one's own for one process.  It needs nothing, leaves nothing, answers
the host before it is ready, and none of its secrets gets anywhere it does not belong."""
import glob
import json
import os
import re
import select
import signal
import subprocess
import time

import cli
from cli import check, run, Home, PROGRAM

# What the practice tenant's access tokens and its signed links look like.
TOKEN = re.compile(rb"PrAc\.[A-Za-z0-9_-]{20,}")
SIGNATURE = re.compile(rb"[?&]sig=[A-Za-z0-9_%-]{20,}")


def tenants():
    """Process ids of running practice tenants that belong to this test."""
    found = []
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            with open(path, "rb") as f:
                words = f.read().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"/flowlatch-tenant") and any(
                w.startswith(MINE.encode()) for w in words):
            found.append(int(path.split("/")[2]))
    return found


def wait_until(what, seconds=10):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(0.02)
    return False


class Server:
    """flowlatch serve --practice on pipes."""

    def __init__(self, home, *args, **env):
        self.home = home
        self.out = b""
        self.p = subprocess.Popen([PROGRAM, "serve", "--practice", *args],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, env=home.env(**env))
        self.number = 0

    def send(self, method, **params):
        self.number += 1
        line = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        self.p.stdin.write(json.dumps(line).encode() + b"\n")
        self.p.stdin.flush()
        return self.number

    def wait(self, number):
        until = time.monotonic() + cli.PATIENCE
        while time.monotonic() < until:
            for line in self.out.split(b"\n")[:-1]:
                message = json.loads(line)
                if message.get("id") == number:
                    return message
            if select.select([self.p.stdout], [], [], 0.5)[0]:
                piece = os.read(self.p.stdout.fileno(), 65536)
                if not piece:
                    return None
                self.out += piece
        return None

    def initialize(self):
        answer = self.wait(self.send(
            "initialize", protocolVersion="2025-11-25", capabilities={},
            clientInfo={"name": "test", "version": "1"}))
        self.p.stdin.write(b'{"jsonrpc":"2.0","method":"notifications/initialized"}\n')
        return answer

    def call(self, name, **arguments):
        answer = self.wait(self.send("tools/call", name=name, arguments=arguments))
        return json.loads(answer["result"]["content"][0]["text"])

    def end(self):
        self.p.stdin.close()
        code = self.p.wait(timeout=cli.PATIENCE)
        self.out += self.p.stdout.read()
        self.err = self.p.stderr.read()
        return code


home = Home()
MINE = home.path

# ---- a call that needs nothing ----

r = run("call", "list_live_environments", "--practice", home=home)
check("call --practice in an empty home", r.code == 0 and len(r.out.splitlines()) >= 4, r)
check("it leaves no file", not home.files(), "\n".join(home.files()))
check("and no process", wait_until(lambda: not tenants()), tenants())
r = run("call", "list_live_environments", "--practice", "--json", home=home)
environments = r.json() if r.code == 0 else []
check("the same as JSON", len(environments) >= 2 and all("displayName" in e for e in environments),
      r)

broken = Home()
broken.conf("this is not a configuration\n")
r = run("call", "list_live_environments", "--practice", home=broken,
        env={"FLOWLATCH_CLOUD": "moon", "https_proxy": "http://127.0.0.1:9",
             "HTTPS_PROXY": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"})
check("it depends on no configuration, variable or proxy", r.code == 0, r)

before = set(glob.glob("/tmp/flowlatch-practice-*"))
r = run("call", "whoami", "--practice", env={"HOME": "/proc/nonexistent"})
check("nor on a home directory that can be written", r.code == 0 and
      set(glob.glob("/tmp/flowlatch-practice-*")) <= before, r)

r = run("call", "list_live_flows", "--practice", "--colour", "red", home=home)
check("a wrong flag is found before anything is started", r.code == 2, r)

alone = Home()
lonely = os.path.join(alone.path, "flowlatch")
with open(PROGRAM, "rb") as f, open(lonely, "wb") as g:
    g.write(f.read())
os.chmod(lonely, 0o755)
r = run("call", "list_live_environments", "--practice", home=alone, program=lonely)
check("without its program there is an error that says so",
      r.code == 2 and "flowlatch-tenant" in r.err and not r.out, r)
with open(os.path.join(alone.path, "flowlatch-tenant"), "w", encoding="ascii") as f:
    f.write("#!/bin/sh\necho it is not today >&2\nexit 3\n")
os.chmod(os.path.join(alone.path, "flowlatch-tenant"), 0o755)
r = run("call", "list_live_environments", "--practice", home=alone, program=lonely)
check("a tenant that ends at once ends the call", r.code == 2 and "practice tenant" in r.err, r)
check("what it said is shown", "it is not today" in r.err, r)
left = [p for p in alone.files() if "practice" in p]
check("and its directory is removed", not left, left)

# ---- the server ----

server = Server(home)
start = time.monotonic()
answer = server.initialize()
took = time.monotonic() - start
check("initialize is answered", answer and "result" in answer, answer)
number = server.send("tools/list")
check("tools/list too", len(server.wait(number)["result"]["tools"]) > 8)
dirs = glob.glob(os.path.join(home.path, ".local/state/flowlatch/practice/*/"))
check("it has one directory, which is private",
      len(dirs) == 1 and os.stat(dirs[0]).st_mode & 0o777 == 0o700, dirs)

found = server.call("list_live_environments")
failed = None
seen = 0
for environment in [e["id"] for e in found]:
    flows = server.call("list_live_flows", environmentName=environment, top=200)["flows"]
    seen += len(flows)
    for flow in flows if not failed else []:
        runs = server.call("get_live_flow_runs", environmentName=environment, flowName=flow["id"],
                           status="Failed", top=1)
        if isinstance(runs, list) and runs:
            failed = (flow["id"], runs[0]["name"])
            break
    if failed:
        break
check("flows are listed", seen > 1, seen)
check("a failed run is found", failed)
why = server.call("get_live_flow_run_error", environmentName=environment, flowName=failed[0],
                  runName=failed[1])
check("and why it failed", why.get("failedActions"), why)
detail = server.call("get_live_flow_run_action_outputs", environmentName=environment,
                     flowName=failed[0], runName=failed[1],
                     actionName=why["failedActions"][-1]["actionName"])
check("with inputs and outputs", detail, detail)

# ---- secrets: while it runs, and in what it said ----

with open(os.path.join(dirs[0], "refresh_token"), "rb") as f:
    refresh = f.read().strip()
check("the refresh token is there to be looked for", len(refresh) > 20)


def canaries(data):
    return refresh in data or TOKEN.search(data) or SIGNATURE.search(data)


# Files that are there to hold secrets: the token, the tenant's own control token.
OWN = {"refresh_token", "control"}
state = {p: d for p, d in home.files().items() if os.path.basename(p) not in OWN}
check("a usage log was written", any("log" in p for p in state), list(state))
check("no token or signature in any other file", not any(canaries(d) for d in state.values()),
      [p for p, d in state.items() if canaries(d)])
check("files and directories are private", all(
    not os.stat(p).st_mode & 0o077 for p in home.files()),
      [p for p in home.files() if os.stat(p).st_mode & 0o077])
for pid in [server.p.pid, *tenants()]:
    for name in ("cmdline", "environ"):
        try:
            with open(f"/proc/{pid}/{name}", "rb") as f:
                data = f.read()
        except PermissionError:
            continue
        check(f"none in {name} of process {pid == server.p.pid and 'flowlatch' or 'tenant'}",
              not canaries(data))
tenant = tenants()[0]
with open(f"/proc/{tenant}/environ", "rb") as f:
    names = {w.split(b"=")[0] for w in f.read().split(b"\0") if w}
check("the tenant gets no environment", b"HOME" not in names and b"PATH" not in names, names)
opened = {os.readlink(f"/proc/{tenant}/fd/{n}") for n in os.listdir(f"/proc/{tenant}/fd")
          if n in ("3", "4", "5", "6", "7", "8")}
check("and no descriptor of ours but its socket", not any(
    x.startswith(home.path) for x in opened), opened)

code = server.end()
check("the server ends with its input", code == 0, server.err)
check("nothing in what it said", not canaries(server.out) and not canaries(server.err))
check("its directory is gone", not home.files(), "\n".join(home.files()))
check("and its tenant", wait_until(lambda: not tenants()), tenants())

# ---- the first call may come before the tenant is ready, and input may end at once ----

server = Server(home, "--drain")
numbers = [server.send("initialize", protocolVersion="2025-11-25", capabilities={},
                       clientInfo={"name": "test", "version": "1"})]
numbers += [server.send("tools/call", name="list_live_environments", arguments={})
            for _ in range(3)]
code = server.end()
answers = [json.loads(x) for x in server.out.splitlines()]
check("--drain answers everything that was asked", code == 0 and
      sorted(a["id"] for a in answers) == numbers and not any(
          a["result"].get("isError") for a in answers), server.out)

requests = os.path.join(home.path, "requests.jsonl")
with open(requests, "w", encoding="ascii") as f:
    for i, (method, params) in enumerate([
            ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                            "clientInfo": {"name": "t", "version": "1"}}),
            ("tools/call", {"name": "whoami", "arguments": {}})]):
        f.write(json.dumps({"jsonrpc": "2.0", "id": i, "method": method, "params": params}) + "\n")
with open(requests, "rb") as f:
    p = subprocess.run([PROGRAM, "serve", "--practice"], stdin=f, capture_output=True,
                       env=home.env(), timeout=cli.PATIENCE, check=False)
os.unlink(requests)
check("a file of requests is answered whole", p.returncode == 0 and
      len(p.stdout.splitlines()) == 2 and b'"practice"' in p.stdout, p.stdout + p.stderr)

# ---- signals, and what a killed process leaves ----

for signo in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    server = Server(home)
    server.initialize()
    server.p.send_signal(signo)
    code = server.p.wait(timeout=cli.PATIENCE)
    check(f"{signo.name}: the server ends with 0", code == 0, code)
    check(f"{signo.name}: no file and no tenant is left",
          not home.files() and wait_until(lambda: not tenants()),
          "\n".join(home.files()))

server = Server(home)
server.initialize()
server.call("whoami")
server.p.kill()
server.p.wait()
check("SIGKILL: the tenant ends by itself", wait_until(lambda: not tenants()), tenants())
left = glob.glob(os.path.join(home.path, ".local/state/flowlatch/practice/*/"))
check("its directory is left", len(left) == 1, left)
run("call", "whoami", "--practice", home=home)
check("a young one is not touched: it may be somebody's", os.path.isdir(left[0]))
old = time.time() - 3600
os.utime(left[0], (old, old))
server = Server(home)
server.initialize()
check("an old one without an owner is removed by the next", not os.path.isdir(left[0]))
mine = glob.glob(os.path.join(home.path, ".local/state/flowlatch/practice/*/"))[0]
os.utime(mine, (old, old))
run("call", "whoami", "--practice", home=home)
check("an old one with an owner is not", os.path.isdir(mine))
server.end()

# ---- interrupting a call ----

codes = set()
for moment in range(12):
    p = subprocess.Popen([PROGRAM, "call", "list_live_flows", "--environment-name", environment,
                          "--practice"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=home.env())
    # Also just when the directory is made, and when the tenant is started.
    if moment % 3 == 0:
        wait_until(lambda: glob.glob(os.path.join(home.path, ".local/state/flowlatch/practice/*")))
    elif moment % 3 == 1:
        wait_until(tenants)
    time.sleep(moment * 0.005)
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=cli.PATIENCE)
    codes.add(p.returncode)
    if p.returncode not in (130, 0, -2) or (p.returncode and out) or home.files():
        break
check("an interrupted call says so to the shell, or was quicker", codes <= {130, 0, -2},
      (codes, out, err))
check("and leaves nothing", not home.files() and wait_until(lambda: not tenants()),
      "\n".join(home.files()))

# ---- what people see ----

r = run("call", "list_live_flows", "--environment-name", environment, "--top", "5", "--practice",
        home=home, env={"COLUMNS": "80"})
lines = r.out.splitlines()
check("a table of flows fits 80 columns", r.code == 0 and lines and all(
    len(x) <= 80 for x in lines[:6]), r)
r = run("call", "get_live_flow_run_error", "--practice", "--environment-name", environment,
        "--flow-name", failed[0], "--run-name", failed[1], home=home)
check("an outline of why a run failed", r.code == 0 and "failedActions:" in r.out, r)
r = run("call", "get_live_flow", "--practice", "--environment-name", environment, "--flow-name",
        "no such flow", home=home)
check("an error says what to do", r.code == 1 and "(not_found)" in r.err and "hint: " in r.err, r)
r = run("call", "whoami", "--practice", "--json", "--read-only", home=home)
check("settings apply in practice too", r.code == 0 and r.json()["readOnly"] is True, r)

cli.end()

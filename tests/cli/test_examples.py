#!/usr/bin/env python3
"""What a reader may copy: the demo, the client configurations, flowlatch.conf, the tool in one
file, and the examples of the man page."""
import glob
import json
import os
import re
import shutil
import subprocess
import tomllib

import cli
from cli import check, run, Home, PROGRAM, B

# ---- the demo ----

home = Home()
p = subprocess.run(["python3", "examples/demo.py", PROGRAM], capture_output=True, text=True,
                   env=home.env(), stdin=subprocess.DEVNULL, timeout=cli.PATIENCE, check=False)
lines = p.stdout.splitlines()
check("the demo runs without a terminal", p.returncode == 0 and not p.stderr, p.stdout + p.stderr)
check("it is short", 15 <= len(lines) <= 40 and all(len(x) <= 80 for x in lines[2:]), p.stdout)
last = " ".join(p.stdout.split("\nAgent ")[-1].split())
check("it ends with the failed action, its real error, and what to do",
      re.fullmatch(r'Upsert_row failed: .* iterations\. .* with status 400: "String or binary data '
                   r'would be truncated in table .*" Correct .*', last), last)
check("it leaves nothing behind", not home.files(), home.files().keys())

p = subprocess.run(["python3", "tests/talk/talk.py", "examples/first-conversation.talk"],
                   capture_output=True, text=True, timeout=cli.PATIENCE, check=False)
check("the first conversation goes as it is written", p.returncode == 0 and
      "not ok" not in p.stdout, p.stdout + p.stderr)

# ---- policies ----

policies = sorted(glob.glob("examples/policy/*.conf"))
check("there are policies for four kinds of users", len(policies) == 4, policies)
for name in policies:
    p = run("policy", "check", name)
    check(name + " is a policy", p.code == 0, p)

# ---- configurations of clients ----


def entry(path):
    """The command line that a client's configuration starts."""
    with open(path, "rb") as f:
        text = f.read()
    conf = tomllib.loads(text.decode()) if path.endswith(".toml") else json.loads(text)
    for key in ("mcpServers", "servers", "mcp", "mcp_servers"):
        if key in conf:
            row = conf[key]["flowlatch"]
            command = row["command"]
            return command if isinstance(command, list) else [command, *row["args"]]
    return None


configurations = sorted(set(glob.glob("examples/*.json") + glob.glob("examples/*.toml")))
check("there are configurations for clients", len(configurations) >= 8, configurations)
with open("README.md", encoding="utf-8") as f:
    readme = f.read()
for path in configurations:
    words = entry(path)
    at = next((i for i, w in enumerate(words or []) if w.endswith("flowlatch")), None)
    check(f"{path} starts flowlatch", at is not None, words)
    arguments = words[at + 1:]
    answer = run(*arguments, home=home, input=json.dumps({
        "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
            "protocolVersion": "2025-11-25", "capabilities": {},
            "clientInfo": {"name": "t", "version": "1"}}}) + "\n")
    check(f"{path}: flowlatch {' '.join(arguments)} answers initialize",
          answer.code == 0 and json.loads(answer.out)["result"]["serverInfo"]["name"], answer)
    check(f"{path} is named in README.md", path in readme)

with open("examples/flowlatch.conf", encoding="ascii") as f:
    text = f.read()
profiles = re.findall(r"^\[profile (\w+)\]", text, flags=re.M)
conf = Home()
conf.conf(text)
for profile in ["default", *profiles]:
    r = run("tools", "--profile", profile, home=conf)
    check(f"examples/flowlatch.conf: profile {profile}", r.code == 0, r)

# ---- the tool in one file ----

program = os.path.abspath(os.path.join(B, "examples", "hello_tool"))


def hello(*requests):
    lines = [{"method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": {"name": "t", "version": "1"}}}, *requests]
    text = "".join(json.dumps({"jsonrpc": "2.0", "id": i, **x}) + "\n"
                   for i, x in enumerate(lines))
    r = run("--practice", home=home, input=text, program=program)
    return {m["id"]: m["result"] for m in map(json.loads, r.out.splitlines())}, r


answers, r = hello({"method": "tools/list", "params": {}},
                   {"method": "tools/call", "params": {
                       "name": "count_flows",
                       "arguments": {"environmentName": "Fabrikam Operations"}}},
                   {"method": "tools/call", "params": {"name": "count_flows", "arguments": {}}})
check("hello_tool offers its tool", r.code == 0 and [
    t["name"] for t in answers[1]["tools"]] == ["count_flows"], r)
counts = json.loads(answers[2]["content"][0]["text"])
flows = run("call", "list_live_flows", "--environment-name", "Fabrikam Operations", "--top",
            "1000", "--json", "--practice", home=home).json()["flows"]
check("it counts what is there", counts and sum(counts.values()) > 0
      and set(counts) <= {f["state"] for f in flows}, (counts, len(flows)))
check("its argument is checked from its row", answers[3].get("isError"), answers[3])
check("it leaves nothing behind", not home.files(), home.files().keys())

# ---- commands of README.md ----

commands = re.findall(r"^build/flowlatch .*$", readme.replace("\\\n", " "), flags=re.M)
check("README.md shows commands", len(commands) >= 4, commands)
for line in commands:
    p = subprocess.run(["bash", "-c", line.replace("build/flowlatch", PROGRAM, 1)],
                       capture_output=True, text=True, stdin=subprocess.DEVNULL, env=home.env(),
                       timeout=cli.PATIENCE, check=False)
    check(f"README.md: {' '.join(line.split())}", p.returncode == 0 and p.stdout.strip(),
          p.stdout + p.stderr)

# ---- examples of the man pages ----

examples = []
for page in sorted(glob.glob("man/*.1")):
    with open(page, encoding="utf-8") as f:
        for line in re.findall(r"^\.Dl \$ (.*)$", f.read(), flags=re.M):
            examples.append((page, line.replace("\\(dq", '"').replace("\\(aq", "'")))
check("flowlatch(1) has examples", len([1 for p, _ in examples if p == "man/flowlatch.1"]) >= 5)
place = Home()
bin_dir = os.path.join(place.path, "bin")
os.mkdir(bin_dir)
for name in ("flowlatch", "flowlatch-tenant"):
    shutil.copy(os.path.join(B, name), bin_dir)
with open(os.path.join(place.path, "requests.jsonl"), "w", encoding="ascii") as f:
    f.write('{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":'
            '"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}\n')
for page, line in examples:
    if page != "man/flowlatch.1":
        continue
    p = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True,
                       cwd=place.path, stdin=subprocess.DEVNULL, timeout=cli.PATIENCE,
                       env=place.env(PATH=bin_dir + ":/usr/bin:/bin"), check=False)
    check(f"{page}: {line}", p.returncode == 0 and p.stdout.strip(), p.stdout + p.stderr)
    if "--json" in line:
        check("  is JSON", json.loads(p.stdout) is not None)

cli.end()

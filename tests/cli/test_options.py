#!/usr/bin/env python3
"""The command line: options before and after the command, what is refused and how, help,
configuration errors, output that cannot be written.  Nothing here needs a tenant."""
import os
import re
import subprocess

import cli
from cli import check, run, Home, PROGRAM

UUID = "0a1b2c3d-0000-4000-8000-0123456789ab"


def flag(parameter):
    """environmentName -> environment-name"""
    return re.sub("([A-Z])", r"-\1", parameter).lower()


# ---- what is refused: words, exit code, and what standard error must say ----

REFUSED = [
    ([], 2, "no command given"),
    (["cal"], 2, "did you mean `flowlatch call`?"),
    (["frobnicate"], 2, "unknown command 'frobnicate'"),
    (["--practise", "call"], 2, "did you mean --practice?"),
    (["--frobnicate", "call"], 2, "unknown option --frobnicate"),
    (["tools", "--jsno"], 2, "did you mean --json?"),
    (["tools", "-x"], 2, "unknown option -x"),
    (["tools", "one", "two"], 2, "unexpected argument 'two'"),
    (["tools", "list_live_flow"], 2, "did you mean list_live_flows?"),
    (["serve", "now"], 2, "unexpected argument 'now'"),
    (["serve", "--drian"], 2, "did you mean --drain?"),
    (["serve", "--drain=yes"], 2, "--drain takes no value"),
    (["call"], 2, "usage: flowlatch call"),
    (["call", "no_such_tool"], 2, "no tool named 'no_such_tool'"),
    (["call", "list_live_environment"], 2, "did you mean list_live_environments?"),
    (["call", "list_live_environments", "--serach", "x"], 2, "did you mean --search?"),
    (["call", "list_live_flows", "--top", "many"], 2, "--top takes a number"),
    (["call", "list_live_flows", "--top"], 2, "--top needs a value"),
    (["call", "list_live_flows", "extra"], 2, "unexpected argument 'extra'"),
    (["call", "list_live_flows", "--args", "{"], 2, "is not JSON"),
    (["call", "list_live_flows", "--args", "[]"], 2, "must be a JSON object"),
    (["call", "list_live_flows", "--args", "@/nonexistent/file"], 2, "cannot read"),
    (["--json={}", "tools", "--practice=yes"], 2, "--practice takes no value"),
    (["tools", "--profile"], 2, "--profile needs a value"),
    (["tools", "--profile", "--json"], 2, "--profile needs a value"),
    (["tools", "--config"], 2, "--config needs a value"),
    (["tools", "--config", "/nonexistent/flowlatch.conf"], 2, "/nonexistent/flowlatch.conf"),
    (["tools", "--profile", "nobody"], 2, "no profile 'nobody'"),
    (["tools", "--cloud", "moon"], 2, "cloud"),
    (["tools", "--log-level", "loud"], 2, "log_level"),
    (["tools", "--client-id", "not-a-uuid"], 2, "client_id"),
    (["tools", "--toolsets", "nonsense"], 2, "nonsense"),
    (["log", "--practice", "show"], 2, "--practice"),
    (["help", "frobnicate"], 2, "unknown command"),
]
for words, code, says in REFUSED:
    r = run(*words)
    check(f"refused: flowlatch {' '.join(words)}",
          r.code == code and says in r.err and not r.out and r.err.count("\n") <= 3
          and r.err.startswith("error: "), r)

# ---- help and version ----

r = run("--version")
with open("VERSION", encoding="ascii") as f:
    check("--version", r.code == 0 and r.out == f"flowlatch {f.read().strip()}\n" and not r.err, r)

whole = run("help")
for words in (["--help"], ["-h"]):
    r = run(*words)
    check(f"flowlatch {words[0]} is flowlatch help", r.code == 0 and r.out == whole.out, r)
commands = re.findall(r"^  ([a-z]+) {2,}", whole.out.split("options")[0], flags=re.M)
check("help lists the commands", {"serve", "call", "tools", "log", "help"} <= set(commands), whole)
check("help fits 80 columns", all(
    len(line) <= 80 for line in run("help", env={"COLUMNS": "80"}).out.split("\n")))
for command in commands:
    if command == "help":
        continue
    a, b = run("help", command), run(command, "--help")
    check(f"help {command}", a.code == 0 and a.out == b.out and f"flowlatch {command}" in a.out, a)
r = run("call", "list_live_flows", "--help")
check("call TOOL --help explains the tool", r.code == 0 and "--environment-name" in r.out, r)

# ---- settings as options, before and after the command ----

for words in (["--read-only", "tools", "--json"], ["tools", "--json", "--read-only"],
              ["tools", "--read-only=yes", "--json"]):
    r = run(*words)
    names = [t["name"] for t in r.json()] if r.code == 0 else []
    check(f"flowlatch {' '.join(words)}",
          names and all(t["annotations"]["readOnlyHint"] or
                        # Of these only the preview is let through.
                        "dryRun" in t["inputSchema"]["properties"] for t in r.json()), r)
r = run("tools", "--json", "--toolsets", "environment,meta")
check("--toolsets narrows the tools",
      r.code == 0 and {t["name"] for t in r.json()} == {
          "list_live_environments", "list_skills", "tool_search", "whoami"}, r)
r = run("call", "list_live_flows", "--toolsets", "environment")
check("a tool that the profile does not offer is refused",
      r.code == 2 and "does not offer" in r.err, r)

# ---- tools ----

r = run("tools", "--json")
tools = r.json()
check("tools --json is an array of rows as hosts see them",
      len(tools) > 8 and all({"name", "description", "inputSchema", "annotations"} <= set(t)
                             for t in tools), r)
check("their order is stable", [t["name"] for t in tools] == sorted(t["name"] for t in tools))
r = run("tools", "get_live_flow", "--json")
check("tools NAME --json is that row", r.json() == next(
    t for t in tools if t["name"] == "get_live_flow"), r)
r = run("tools")
lines = r.out.rstrip("\n").split("\n")
check("tools prints a table", lines[0].split() == ["NAME", "TOOLSET", "CLASS", "DEFAULT",
                                                                "DESCRIPTION"]
      and len(lines) == len(tools) + 1, r)
r = run("tools", env={"COLUMNS": "80"})
check("the table fits 80 columns", all(len(x) <= 80 for x in r.out.split("\n"))
      and "\u2026" in r.out, r)
check("no colours in a pipe", "\033" not in r.out)
r = cli.run_in_terminal("tools", columns=100)
check("a terminal gets colours and its own width", r.code == 0 and "\033[1m" in r.out
      and "\u2026" in r.out, r)
r = cli.run_in_terminal("tools", columns=100, env={"NO_COLOR": "1"})
check("NO_COLOR takes the colours away", r.code == 0 and "\033" not in r.out, r)
r = cli.run_in_terminal("tools", columns=100, env={"NO_COLOR": ""})
check("an empty NO_COLOR does not", "\033[1m" in r.out, r)
r = cli.run_in_terminal("tools", columns=100, env={"TERM": "dumb"})
check("a dumb terminal gets none", r.code == 0 and "\033" not in r.out, r)
for name in ("list_live_flows", "get_live_flow_run_action_outputs"):
    r = run("tools", name, env={"COLUMNS": "80"})
    check(f"tools {name} lists every parameter as a flag", r.code == 0 and all(
        f"--{flag(p)} " in r.out
        for p in next(t for t in tools if t["name"] == name)["inputSchema"]["properties"]), r)
    check(f"tools {name} fits 80 columns", all(len(x) <= 80 for x in r.out.split("\n")), r)

# ---- configuration ----

home = Home()
r = run("tools", home=home)
check("no configuration at all is fine", r.code == 0, r)
check("and nothing is written", not home.files(), home.files().keys())

WRONG = [
    ("colour = red\n", 1, "colour"),
    ("\n# a comment\n[profile work]\nclinet_id = x\n", 4, "client_id"),
    (f"client_id = {UUID}\nread_only = perhaps\n", 2, "read_only"),
    ("[profile work\n", 1, ""),
    ("cloud = public\ncloud = gcc\n", 2, "cloud"),
    ("refresh_token = 0.AXoA-something\n", 1, "refresh_token"),
]
for text, line, says in WRONG:
    home = Home()
    path = home.conf(text)
    for command in ("tools", "serve"):
        r = run(command, home=home)
        check(f"{command}: configuration {text!r} is refused with its line",
              r.code == 2 and f"{path}:{line}" in r.err and says in r.err and not r.out
              and "AXoA" not in r.err, r)
home = Home()
path = home.conf("cloud = gcc\n", mode=0o666)
r = run("tools", home=home)
check("a configuration that others can write is refused", r.code == 2 and path in r.err, r)
home.conf("[profile work]\ncloud = gcc\nread_only = yes\n")
r = run("tools", "--profile", "work", home=home)
check("a profile of the file is taken", r.code == 0, r)
other = os.path.join(home.path, "other.conf")
with open(other, "w", encoding="ascii") as f:
    f.write("[profile elsewhere]\ncloud = dod\n")
os.chmod(other, 0o600)
r = run("tools", "--profile", "elsewhere", "--config", other, home=home)
check("--config FILE is read instead", r.code == 0, r)
r = run("tools", home=home, env={"FLOWLATCH_COLOUR": "red"})
check("an unknown variable is refused", r.code == 2 and "FLOWLATCH_COLOUR" in r.err, r)
r = run("tools", home=home, env={"FLOWLATCH_PROFILE": "work", "FLOWLATCH_READ_ONLY": "no"})
check("variables are settings", r.code == 0, r)

# ---- use ----

home = Home()
r = run("use", home=home)
check("use: nothing is set at first", r.code == 0 and "no environment is set" in r.out, r)
r = run("use", "Contoso Sales", home=home)
path = os.path.join(home.path, ".config/flowlatch/flowlatch.conf")
check("use NAME makes the file", r.code == 0 and "Contoso Sales" in r.out
      and open(path, encoding="utf-8").read() == "[profile default]\nenvironment = Contoso Sales\n"
      and not os.stat(path).st_mode & 0o077, r)
r = run("call", "whoami", "--json", home=home)
check("and calls see it", r.json()["environmentName"] == "Contoso Sales", r)
MINE = "# mine\ncloud = gcc\n\n[profile work]\n# really\nread_only = yes\n"
home.conf(MINE)
r = run("use", "Ops", "--profile", "work", home=home)
check("use keeps what people wrote", r.code == 0 and open(path, encoding="utf-8").read() ==
      MINE + "environment = Ops\n",
      open(path, encoding="utf-8").read())
r = run("use", "--profile", "work", "--json", home=home)
check("use --json", r.code == 0 and r.json() == {"profile": "work", "environment": "Ops"}, r)
r = run("use", "--none", "--profile", "work", home=home)
check("use --none forgets it", r.code == 0 and "environment" not in
      open(path, encoding="utf-8").read(), r)
r = run("use", "two\nlines", home=home)
check("a name that cannot stand in the file is refused", r.code == 2 and "environment" in r.err, r)
r = run("use", "Ops", "--none", home=home)
check("a name and --none do not go together", r.code == 2, r)

# ---- a call without a sign-in ----

r = run("call", "list_live_environments")
check("not signed in: exit 3, and what a person can do",
      r.code == 3 and "(not_signed_in)" in r.err and "hint: " in r.err and not r.out, r)
r = run("call", "list_live_environments", "--json")
check("--json: the error is the document", r.code == 3
      and r.json()["error"]["code"] == "not_signed_in", r)
r = run("call", "list_skills", "--json")
check("a local tool needs none", r.code == 0 and isinstance(r.json(), list), r)
r = run("call", "tool_search", "--json", '{"query":"failed run"}')
check("--json {...} gives arguments and JSON", r.code == 0 and r.json(), r)
r = run("call", "tool_search", "-", "--json", input='{"query": "select:whoami"}')
check("- reads the arguments from standard input",
      r.code == 0 and [t["name"] for t in r.json()] == ["whoami"], r)
r = run("call", "tool_search", "--args", "-", "--json", "--query", "select:whoami",
        input='{"query": "select:list_skills"}')
check("flags are put on top", r.code == 0 and [t["name"] for t in r.json()] == ["whoami"], r)
r = run("call", "tool_search", "--query", "select:whoami", "--json=yes")
check("--json takes an object or nothing", r.code == 2, r)
r = run("call", "tool_search", "--query", "x", "--query", "y")
check("a flag given twice is refused", r.code == 2 and "given twice" in r.err, r)

# ---- output that nobody takes ----


def shell(line):
    own = Home()
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True,
                          env=own.env(F=PROGRAM), timeout=cli.PATIENCE, check=False)


r = shell('"$F" tools --json | head -c 10; echo " ${PIPESTATUS[0]}"')
check("a reader that has seen enough is no error", r.stdout.endswith(" 0\n") and not r.stderr,
      r.stdout + r.stderr)
r = shell('"$F" tools --json >/dev/full; echo $?')
check("a full disk is", r.stdout == "5\n" and "cannot write" in r.stderr, r.stdout + r.stderr)
r = shell('"$F" tools >&-; echo $?')
check("no standard output at all is", r.stdout == "5\n" and "cannot write" in r.stderr,
      r.stdout + r.stderr)
r = shell('"$F" tools --json 2>&- | head -c 1 >/dev/null; echo "${PIPESTATUS[0]}"')
check("no standard error is none", r.stdout == "0\n", r.stdout + r.stderr)

cli.end()

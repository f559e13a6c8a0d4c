#!/usr/bin/env python3
"""flowlatch lint: the flows of tests/data, findings, exit codes, input that cannot be used."""
import glob
import json
import os

from cli import check, end, run, Home

GOOD = sorted(glob.glob("tests/data/flows/*.json"))
BAD = {"$schema": "x", "contentVersion": "1.0.0.0", "triggers": {"t": {"type": "Request"}},
       "actions": {"A": {"type": "Compose", "inputs": "@outputs('Gone')", "runAfter": {}}}}
SLY = {"$schema": "x", "contentVersion": "1.0.0.0", "triggers": {"t": {"type": "Request"}},
       "actions": {"A": {"type": "Compose", "inputs": "@add('1', 1)", "runAfter": {}}}}

home = Home()
home.conf("this is no configuration\n")
r = run("lint", *GOOD, home=home)
check("the ten flows have no error, and no configuration is read",
      r.code == 0 and r.out.count(" 0 errors, 0 warnings,") == len(GOOD) == 10, r)
r = run("lint", "--fail-on", "warning", *GOOD)
check("nor a warning", r.code == 0, r)
r = run("lint", "--json", *GOOD)
check("as JSON", r.code == 0 and [x["file"] for x in r.json()] == GOOD and
      all(x["valid"] and not x["errors"] for x in r.json()), r)

r = run("lint", "-", input=json.dumps(BAD))
lines = r.out.splitlines()
check("one line per finding and a summary", r.code == 1 and len(lines) == 3 and
      lines[1].split()[:3] == ["/actions/A/inputs", "error", "REF01"] and
      lines[2] == "1 actions: 1 errors, 0 warnings, 0 infos", r)
r = run("lint", "--json", "-", input=json.dumps(BAD))
check("the same as JSON", r.code == 1 and r.json() == [{
    "valid": False, "errors": [{"rule": "REF01", "pointer": "/actions/A/inputs", "offset": 1,
                                "message": "outputs('Gone') names no action"}],
    "warnings": [], "infos": [], "file": "-"}], r)

for severity, code in (("error", 0), ("warning", 1), ("info", 1)):
    r = run("lint", "--fail-on", severity, "-", input=json.dumps(SLY))
    check(f"a warning with --fail-on {severity}", r.code == code, r)

MENDED = {"type": "OpenApiConnection", "inputs": {
    "host": {"apiId": "x/shared_a", "connectionName": "c", "operationId": "Get"},
    "authentication": "@parameters('$authentication')"}}
flow = dict(BAD, actions={"A": MENDED}, parameters={
    "$connections": {"type": "Object"}, "$authentication": {"type": "SecureObject"}})
r = run("lint", "--fail-on", "info", "-", input=json.dumps(flow))
check("what saving puts right is told, and is no failure", r.code == 0 and "CON04" in r.out, r)

for what, text in (("no JSON", "{"), ("no definition", "{}"), ("nothing", ""), ("a list", "[]"),
                   ("a name twice", '{"actions":{},"actions":{}}')):
    r = run("lint", "-", input=text)
    check(f"{what} is unusable", r.code == 2 and r.err.startswith("error: -: ") and not r.out, r)
r = run("lint", os.path.join(home.path, "nowhere.json"), GOOD[0])
check("a missing file is told, the next one is read", r.code == 2 and "nowhere.json" in r.err and
      "0 errors" in r.out, r)
for words in (["lint"], ["lint", "--fail-on", "bad", GOOD[0]], ["lint", "--explain", "X99"]):
    r = run(*words)
    check(f"flowlatch {' '.join(words)} is wrong", r.code == 2 and r.err.startswith("error: "), r)

r = run("lint", "-", input=json.dumps(dict(BAD, actions={
    "A\x1b[31m": {"type": "Compose", "inputs": "@x("}})))
check("control characters are escaped", r.code == 1 and "\x1b" not in r.out, r)

r = run("lint", "--explain", "ref03")
check("a rule is explained", r.code == 0 and r.out.startswith("REF03 (error): ") and
      "\nwrong:\n{" in r.out and "\nright:\n{" in r.out, r)
rule = run("lint", "--explain", "REF03", "--json").json()
for which, code in (("wrong", 1), ("right", 0)):
    r = run("lint", "-", input=json.dumps(rule[which]))
    check(f"its {which} example", r.code == code and ("REF03" in r.out) == bool(code), r)
end()

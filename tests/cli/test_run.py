#!/usr/bin/env python3
"""flowlatch run: flows in files with scripted connectors; the tree, JSON, exit codes, wrong input."""
import glob
import json
import os

from cli import check, end, run, Home

home = Home()
home.conf("this is no configuration\n")


def put(name, content):
    path = os.path.join(home.path, name)
    with open(path, "w", encoding="utf-8") as f:
        json.dump(content, f)
    return path


def flow(actions, trigger=None):
    return {"triggers": {"manual": trigger or {"type": "Request", "kind": "Http"}}, "actions": actions}


LOOP = flow({
    "Get": {"type": "OpenApiConnection", "inputs": {"host": {"operationId": "GetItems"}}},
    "Each": {"type": "Foreach", "foreach": "@outputs('Get')?['body/value']", "runAfter": {"Get": ["Succeeded"]},
             "actions": {"Split": {"type": "Compose", "inputs": "@split(items('Each')?['x'], ',')"}}}})
good = put("good.json", {"GetItems": {"status": 200, "after": "PT2S", "body": {"value": [{"x": "a,b"}]}}})
bad = put("bad.json", {"Get": {"value": [{"x": "a,b"}, {"x": None}]}})
loop = put("loop.json", LOOP)

r = run("run", loop, "--connectors", good, home=home)
check("a flow that succeeds ends with 0, and no configuration is read", r.code == 0 and not r.err, r)
lines = [" ".join(x.split()) for x in r.out.splitlines()]
check("the tree has trigger, actions, times and the sum", lines[:2] == ["manual Succeeded", "Get Succeeded 2.0 s"]
      and lines[2].startswith("Each Succeeded") and lines[3].startswith("Split Succeeded")
      and lines[-1].startswith("Succeeded in 2.0 s of virtual time, "), r)
check("what is inside is indented", r.out.splitlines()[3].startswith("  Split"), r)

r = run("run", loop, "--connectors", bad)
check("a null in split() fails, with the engine's text and where", r.code == 1 and
      "in repetition 000001" in r.out and "The template language function 'split' expects its first "
      "parameter to be of type string. The provided value is of type 'Null'." in r.out, r)
mended = json.loads(json.dumps(LOOP).replace("items('Each')?['x']", "coalesce(items('Each')?['x'], '')"))
r = run("run", put("mended.json", mended), "--connectors", bad)
check("the mended flow succeeds with the same answers", r.code == 0, r)

r = run("run", loop, "--connectors", bad, "--json", "--at", "2026-01-01T00:00:00Z")
p = r.json()["properties"] if r.code == 1 else {}
check("as JSON, from the time given", p.get("startTime") == "2026-01-01T00:00:00.0000000Z" and
      p["status"] == "Failed" and p["code"] == "ActionFailed" and
      list(p["actions"]) == ["Get", "Each", "Split"], r)
check("with every repetition", [x["properties"]["status"] for x in p["actions"]["Split"]["repetitions"]] ==
      ["Succeeded", "Failed"] and p["actions"]["Split"]["repetitions"][1]["repetitionIndexes"] ==
      [{"scopeName": "Each", "itemIndex": 1}], p)
r2 = run("run", loop, "--connectors", bad, "--json", "--at", "2026-01-01T00:00:00Z")
check("twice the same", r.out == r2.out, r2)

r = run("run", loop)
check("without a script nothing answers", r.code == 1 and "Nothing answers action 'Get' here." in r.out, r)

# ---- answers ----

CALLS = flow({"A": {"type": "Http", "inputs": {"retryPolicy": {"type": "none"}}},
              "B": {"type": "Http", "inputs": {}, "runAfter": {"A": ["Succeeded", "Failed", "TimedOut"]},
                    "limit": {"timeout": "PT1H"}}})
calls = put("calls.json", CALLS)
for script, a, b in (
        ({"*": {"status": 404}}, ("Failed", "NotFound"), ("Failed", "NotFound")),
        ({"A": {"error": {"code": "BadRequest", "message": "no such host"}}, "*": 5},
         ("Failed", "BadRequest"), ("Succeeded", "OK")),
        ({"A": [1], "B": [{"status": 503}, {"status": 200}]}, ("Succeeded", "OK"), ("Succeeded", "OK")),
        ({"A": {}, "B": {"never": True}}, ("Succeeded", "OK"), ("TimedOut", "ActionTimedOut"))):
    r = run("run", calls, "--connectors", put("script.json", script), "--json")
    actions = r.json()["properties"]["actions"]
    have = [(actions[x]["status"], actions[x]["code"]) for x in "AB"]
    check(f"answers {json.dumps(script)}", have == [a, b] and r.code == (0 if b[0] == "Succeeded" else 1), r)

# ---- triggers ----

SPLIT = flow({"C": {"type": "Compose", "inputs": "@triggerBody()"}},
             {"type": "OpenApiConnection", "splitOn": "@triggerOutputs()?['body/value']",
              "conditions": [{"expression": "@greater(triggerBody(), 1)"}]})
split = put("split.json", SPLIT)
r = run("run", split, "--trigger", '{"value": [1, 2, 3]}', "--json")
check("splitOn starts a run per item that the conditions let pass", r.code == 0 and
      [x["properties"]["actions"]["C"]["outputs"] for x in r.json()] == [2, 3], r)
r = run("run", split, "--trigger", '{"value": [1]}')
check("no item, no run", r.code == 0 and "no run starts" in r.out and "TriggerConditionNotMet" in r.out, r)
r = run("run", split, "--trigger", "{}")
check("splitOn without a list fails", r.code == 1 and "must be a valid array" in r.out, r)
SCHEMA = flow({"R": {"type": "Response", "inputs": {"statusCode": 201, "body": "@triggerBody()?['a']"}}},
              {"type": "Request", "inputs": {"schema": {"type": "object", "required": ["a"]}}})
schema = put("schema.json", SCHEMA)
r = run("run", schema, "--trigger", "{}")
check("a body that does not fit the schema", r.code == 1 and
      "Required properties are missing from object: a." in r.out, r)
r = run("run", schema, "--trigger", "@" + put("payload.json", {"body": {"a": 7}, "headers": {}}))
check("a response, and a payload from a file", r.code == 0 and
      'answered with {"statusCode":"201","body":7}' in r.out, r)

# ---- real flows ----

for path in sorted(glob.glob("tests/data/flows/*.json")):
    name = os.path.basename(path)
    with open("tests/data/runs/" + name, encoding="utf-8") as f:
        script = json.load(f)
    args = ["--connectors", put("connectors.json", script["connectors"])]
    if script["trigger"]:
        args += ["--trigger", "@" + put("trigger.json", script["trigger"])]
    wanted = (0, 1) if name.startswith("exception-handing") else (0,)  # it throws dice
    r = run("run", path, *args)
    check(f"{name} runs", r.code in wanted and "of virtual time" in r.out, r)

# ---- wrong input ----

for what, args, text in (
        ("no file", [], "an argument is missing"),
        ("a file that is not there", ["/nonexistent.json"], "nonexistent"),
        ("a trigger that is no JSON", [loop, "--trigger", "{"], "--trigger: not JSON"),
        ("a script that is no JSON", [loop, "--connectors", "/dev/null"], "not JSON"),
        ("a script that is no object", [loop, "--connectors", put("list.json", [])], "not an object"),
        ("a time that is none", [loop, "--at", "noon"], "--at"),
        ("a circle", [put("circle.json", flow({"A": {"type": "Compose", "runAfter": {"B": ["Succeeded"]}},
                                               "B": {"type": "Compose", "runAfter": {"A": ["Succeeded"]}}}))],
         "circle")):
    r = run("run", *args)
    check(what, r.code == 2 and text in r.err, r)

end()

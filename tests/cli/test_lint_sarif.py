#!/usr/bin/env python3
"""flowlatch lint --sarif: valid SARIF 2.1.0, and every region is what the finding is about.

tests/data/sarif.json is the part of the format that is written.  SARIF_SCHEMA=FILE checks
everything against that file too: the official schema.
"""
import glob
import json
import os

import packages
from cli import check, end, run, skip, Home
from packages import GOOD, BAD, pack, export, solution, service, clientdata
from schema import Schema

with open("tests/data/sarif.json", encoding="utf-8") as f:
    schemas = [Schema(json.load(f))]
if os.environ.get("SARIF_SCHEMA"):
    with open(os.environ["SARIF_SCHEMA"], encoding="utf-8") as f:
        schemas.append(Schema(json.load(f)))
    check("the official schema is for 2.1.0", "2.1.0" in json.dumps(schemas[1].root))
else:
    skip("the official schema", "SARIF_SCHEMA does not name it")

home = Home()


def put(name, content):
    path = os.path.join(home.path, name)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


def sarif(*args, **more):
    """The log of a run, checked."""
    r = run("lint", "--sarif", *args, **more)
    log = json.loads(r.out)
    for s in schemas:
        wrong = s.errors(log)
        check(f"{args[-1]} is valid", not wrong, "\n".join(wrong[:10]))
    check("  one run, in the right version", log["version"] == "2.1.0" and len(log["runs"]) == 1)
    one = log["runs"][0]
    rules = [x["id"] for x in one["tool"]["driver"]["rules"]]
    check("  results name their rules and files", all(
        rules[x["ruleIndex"]] == x["ruleId"] and
        one["artifacts"][place(x)["artifactLocation"]["index"]]["location"]["uri"] ==
        place(x)["artifactLocation"]["uri"] for x in one["results"]))
    return one, r


def place(result):
    return result["locations"][0]["physicalLocation"]


def cuts(data, region):
    """The text of a region by bytes, by characters, and by lines and columns."""
    text = data.decode("utf-8-sig")
    lines = text.split("\n")
    a = region["byteOffset"]
    b = region["charOffset"]
    one = lines[region["startLine"] - 1:region["endLine"]]
    one[-1] = one[-1][:region["endColumn"] - 1]
    one[0] = one[0][region["startColumn"] - 1:]
    return [data[a:a + region["byteLength"]].decode(), text[b:b + region["charLength"]],
            "\n".join(one)]


# ---- the flows of tests/data ----

flows = sorted(glob.glob("tests/data/flows/*.json"))
log, r = sarif(*flows)
check("every flow is an artifact", [x["location"]["uri"] for x in log["artifacts"]] == flows)
check("exit status and success", r.code == 0 and log["invocations"][0]["executionSuccessful"])
bad = []
for x in log["results"]:
    with open(place(x)["artifactLocation"]["uri"], "rb") as f:
        pieces = cuts(f.read(), place(x)["region"])
    if len(set(pieces)) != 1 or not pieces[0]:
        bad.append((x["ruleId"], pieces))
check("bytes, characters, lines and columns say the same", log["results"] and not bad, bad[:5])

# ---- what a region is ----

ACTIONS = {
    "Wo\u0308rter \U0001f600": {"type": "Compose", "runAfter": {},
                                "inputs": "\U0001f600 \u00e9 \"quoted\" \\ \n @{outputs('Gone')} x"},
    "a/b~c": {"type": "Nonsense", "runAfter": {}},
}
ugly = dict(GOOD, actions=ACTIONS)
for what, text in (("plain", json.dumps(ugly, ensure_ascii=False)),
                   ("escaped", json.dumps(ugly)),
                   ("indented", json.dumps(ugly, ensure_ascii=False, indent=3)),
                   ("CR LF and a mark", "\ufeff" + json.dumps(ugly, indent=1).replace("\n", "\r\n"))):
    data = text.encode()
    log, r = sarif(put("ugly.json", data))
    by = {}
    for x in log["results"]:
        by.setdefault(x["ruleId"], x)
    pieces = cuts(data, place(by["REF01"])["region"])
    check(f"{what}: three ways, one piece", len(set(pieces)) == 1, pieces)
    check(f"{what}: the rest of the string from the call on", pieces[0] == "outputs('Gone')} x", pieces)
    pieces = cuts(data, place(by["STR03"])["region"])
    check(f"{what}: a value", pieces == ['"Nonsense"'] * 3, pieces)
    where = by["STR03"]["locations"][0]["logicalLocations"]
    check(f"{what}: and its pointer", where == [{
        "fullyQualifiedName": "/actions/a~1b~0c/type", "name": "type", "kind": "value"}], where)

log, r = sarif(put("missing.json", json.dumps({"triggers": {}, "actions": {}}, indent=2)))
check("what is missing stands at what is around it", all("region" in place(x) for x in log["results"]))

# ---- zips, rows, what cannot be used ----

log, r = sarif("a b.zip", cwd=put("a b.zip", pack(export(BAD)))[:-8])
check("an entry of a zip is an artifact within one", r.code == 1 and [
    (x["location"]["uri"], x.get("parentIndex")) for x in log["artifacts"]] == [
        ("a%20b.zip", None), ("/" + packages.FOLDER + "definition.json", 0)], log["artifacts"])
region = place(log["results"][0])["region"]
data = json.dumps(service(BAD)).encode()
check("its region is that in the entry", set(cuts(data, region)) == {"outputs('Gone')"}, region)
row = json.dumps({"x": [1, {"y": "}"}], "clientdata": json.dumps(clientdata(BAD)), "z": None})
log, r = sarif(put("row.json", row))
x = log["results"][0]
check("in a clientdata of text, the region is all of it", cuts(row.encode(), place(x)["region"])[0]
      == json.dumps(json.dumps(clientdata(BAD))), x)
check("and the pointer leads through it",
      x["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] ==
      "/clientdata/properties/definition/actions/A/inputs", x)
log, r = sarif(put("solution.zip", pack(solution(GOOD))), put("broken.zip", b"PK\3\4"), "nowhere")
notes = log["invocations"][0]["toolExecutionNotifications"]
check("what cannot be used is a notification", r.code == 2 and len(notes) == 2 and
      "cut off" in notes[0]["message"]["text"] and
      not log["invocations"][0]["executionSuccessful"], log["invocations"])
log, r = sarif("-", input=json.dumps(BAD))
check("standard input", place(log["results"][0])["artifactLocation"]["uri"] == "-")
log, r = sarif("--only", "EXP", put("bad.json", json.dumps(BAD)))
check("rules that are off are not listed", r.code == 0 and not log["results"] and {
    x["id"][:3] for x in log["tool"]["driver"]["rules"]} == {"EXP"})
all_rules, r = sarif(put("bad.json", json.dumps(BAD)))
levels = {x["id"]: x["defaultConfiguration"]["level"] for x in all_rules["tool"]["driver"]["rules"]}
listed = {x["rule"]: x["severity"] for x in run("lint", "--rules", "--json").json()
          if "needs" not in x}
check("every rule is there, with its level", listed and levels == {
    k: {"info": "note"}.get(v, v) for k, v in listed.items()})
check("rules that are not checked are not listed", all(
    ("needs" in x) != (x["rule"] in levels) for x in run("lint", "--rules", "--json").json()))
step = {"type": "OpenApiConnection", "runAfter": {}, "inputs": {
    "host": {"apiId": "x/shared_a", "connectionName": "c", "operationId": "Get"},
    "authentication": "@parameters('$authentication')"}}
log, r = sarif("--only", "CON04", put("mend.json", json.dumps(dict(GOOD, actions={"A": step}))))
fixes = [x["properties"]["fix"] for x in log["results"]]
check("a fix is what saving does", fixes == [[{
    "op": "remove", "path": ["actions", "A", "inputs", "authentication"]}]], fixes)

# ---- the validator itself ----

log = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [
    {"message": {"text": "m"}, "level": "error"}]}]}
check("a small log is valid", not schemas[0].errors(log), schemas[0].errors(log))
for what, change in (("a wrong level", ("level", "info")), ("an unknown member", ("x", 1)),
                     ("a message of the wrong type", ("message", "m")),
                     ("an index below -1", ("ruleIndex", -2)), ("an index that is text", ("ruleIndex", "0"))):
    broken = json.loads(json.dumps(log))
    broken["runs"][0]["results"][0][change[0]] = change[1]
    check(f"{what} is found", all(s.errors(broken) for s in schemas))
end()

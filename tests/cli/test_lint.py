#!/usr/bin/env python3
"""flowlatch lint: the flows of tests/data, findings, exit codes, every form of input, packages
good and hostile, folders, rules that are left out."""
import glob
import json
import os
import shlex
import subprocess

import packages
from cli import check, end, run, skip, Home, PROGRAM
from packages import GOOD, BAD, ID, FOLDER, WORKFLOW, pack, export, solution, service, clientdata

FLOWS = sorted(glob.glob("tests/data/flows/*.json"))
SLY = dict(GOOD, actions={"A": {"type": "Compose", "inputs": "@add('1', length(triggerBody()))", "runAfter": {}}})

home = Home()
home.conf("this is no configuration\n")


def put(path, content):
    """A file below the home directory."""
    path = os.path.join(home.path, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if not isinstance(content, (bytes, str)):
        content = json.dumps(content)
    with open(path, "wb") as f:
        f.write(content if isinstance(content, bytes) else content.encode())
    return path


# ---- what it prints ----

r = run("lint", *FLOWS, home=home)
check("the ten flows have no error, and no configuration is read", r.code == 0 and
      r.out.splitlines()[-1].startswith("10 flows, ") and ": 0 errors, 0 warnings, " in r.out, r)
r = run("lint", "--fail-on", "warning", *FLOWS)
check("nor a warning", r.code == 0, r)
r = run("lint", "--json", *FLOWS)
check("as JSON", r.code == 0 and [x["file"] for x in r.json()] == FLOWS and
      all(x["valid"] and not x["errors"] for x in r.json()), r)

r = run("lint", "-", input=json.dumps(BAD))
column = json.dumps(BAD).index("outputs(") + 1
lines = r.out.splitlines()
check("the file, a line per finding, a line with the sums", r.code == 1 and lines == [
    "-", f"  1:{column} error   REF01 /actions/A/inputs: outputs('Gone') names no action", "",
    "1 flow, 1 action: 1 error, 0 warnings, 0 infos"], r)
r = run("lint", "--json", "-", input=json.dumps(BAD))
found = r.json()[0]["errors"][0] if r.code == 1 else {}
found.pop("fix", None)
check("the same as JSON", r.code == 1 and r.json()[0]["file"] == "-" and not r.json()[0]["valid"]
      and found == {"rule": "REF01", "pointer": "/actions/A/inputs", "offset": 1,
                    "message": "outputs('Gone') names no action", "line": 1, "column": column}, r)
r = run("lint", "-", input=json.dumps(GOOD))
check("of a flow without findings, the sums", r.code == 0 and
      r.out == "1 flow, 1 action: 0 errors, 0 warnings, 0 infos\n", r)

for severity, code in (("error", 0), ("warning", 1), ("info", 1)):
    r = run("lint", "--fail-on", severity, "-", input=json.dumps(SLY))
    check(f"a warning with --fail-on {severity}", r.code == code, r)

for options, code, listed in (([], 0, True), (["--show", "warning"], 0, True),
                              (["--show", "error"], 0, False),
                              (["--show", "error", "--fail-on", "warning"], 1, False)):
    r = run("lint", *options, "-", input=json.dumps(SLY))
    check(f"a warning with {' '.join(options) or 'nothing said'}", r.code == code and
          (" warning " in r.out) == listed and "1 warning," in r.out, r)
r = run("lint", "--json", "--show", "error", "-", input=json.dumps(SLY))
check("and as JSON", r.code == 0 and r.json()[0]["warnings"] == [] and r.json()[0]["valid"], r)

MENDED = {"type": "OpenApiConnection", "inputs": {
    "host": {"apiId": "x/shared_a", "connectionName": "c", "operationId": "Get"},
    "authentication": "@parameters('$authentication')"}}
flow = dict(GOOD, actions={"A": MENDED}, parameters={
    "$connections": {"type": "Object"}, "$authentication": {"type": "SecureObject"}})
r = run("lint", "--fail-on", "info", "--only", "CON04", "-", input=json.dumps(flow))
check("what saving puts right is told, and is no failure", r.code == 0 and
      "CON04" in r.out and "(saving puts it right)" in r.out, r)

r = run("lint", "-", input=json.dumps(dict(GOOD, actions={
    "A\x1b[31m": {"type": "Compose", "inputs": "@x("}})))
check("control characters are escaped", r.code == 1 and "\x1b" not in r.out, r)

# ---- rules ----

two = dict(GOOD, actions={"A": {"type": "Compose", "inputs": "@outputs('Gone')", "runAfter": {}},
                          "B": {"type": "Compose", "inputs": "@variables('none')",
                                "runAfter": {"A": ["Succeeded"]}}})


def rules(*options):
    answer = run("lint", "--json", *options, "-", input=json.dumps(two))
    return answer.code, sorted({f["rule"] for x in answer.json() for f in x["errors"]})


check("both rules", rules() == (1, ["REF01", "REF07"]), rules())
for options, want in ((["--only", "REF01"], (1, ["REF01"])), (["--only", "ref07,str"], (1, ["REF07"])),
                      (["--disable", "REF01"], (1, ["REF07"])), (["--disable", "REF"], (0, [])),
                      (["--disable", "REF01", "--disable", "REF07"], (0, [])),
                      (["--only", "REF", "--disable", "REF07"], (1, ["REF01"])),
                      (["--only", "EXP"], (0, []))):
    check(" ".join(options), rules(*options) == want, rules(*options))

r = run("lint", "--explain", "ref03")
check("a rule is explained", r.code == 0 and r.out.startswith("REF03 (error): ") and
      "\nwrong:\n{" in r.out and "\nright:\n{" in r.out, r)
rule = run("lint", "--explain", "REF03", "--json").json()
for which, code in (("wrong", 1), ("right", 0)):
    r = run("lint", "-", input=json.dumps(rule[which]))
    check(f"its {which} example", r.code == code and ("REF03" in r.out) == bool(code), r)

for words in (["lint"], ["lint", "--only", "CON11", FLOWS[0]],
              ["lint", "--show", "all", FLOWS[0]], ["lint", "--fail-on", "bad", FLOWS[0]], ["lint", "--explain", "X99"],
              ["lint", "--only", "X99", FLOWS[0]], ["lint", "--disable", "REF01,,", FLOWS[0]],
              ["lint", "--disable", "RE", FLOWS[0]], ["lint", "--only", "", FLOWS[0]],
              ["lint", "--json", "--sarif", FLOWS[0]], ["lint", "--explain", "REF03", FLOWS[0]]):
    r = run(*words)
    check(f"flowlatch {' '.join(words)} is wrong", r.code == 2 and r.err.startswith("error: ")
          and not r.out, r)

# ---- input ----

for what, text in (("no JSON", "{"), ("no definition", "{}"), ("nothing", ""), ("a list", "[]"),
                   ("a name twice", '{"actions":{},"actions":{}}'), ("a number", "17"),
                   ("a broken clientdata", '{"clientdata": "{"}'),
                   ("a clientdata without a flow", '{"clientdata": {"a": 1}}')):
    r = run("lint", "-", input=text)
    check(f"{what} is unusable", r.code == 2 and r.err.startswith("error: -: ") and not r.out, r)
r = run("lint", os.path.join(home.path, "nowhere.json"), FLOWS[0])
check("a missing file is told, the next one is read", r.code == 2 and "nowhere.json" in r.err and
      "0 errors" in r.out and r.out.rstrip().endswith("; 1 unusable"), r)

row = {"workflowid": ID, "name": "A row", "category": 5}
for what, document, pointer, name in (
        ("a bare definition", BAD, "/actions/A/inputs", None),
        ("a flow of the service", service(BAD), "/properties/definition/actions/A/inputs", "My flow"),
        ("a definition in an object", {"definition": BAD}, "/definition/actions/A/inputs", None),
        ("what a clientdata holds", clientdata(BAD), "/properties/definition/actions/A/inputs", None),
        ("a Dataverse row", dict(row, clientdata=json.dumps(clientdata(BAD))),
         "/properties/definition/actions/A/inputs", "A row"),
        ("a row with its clientdata as an object", dict(row, clientdata=clientdata(BAD)),
         "/properties/definition/actions/A/inputs", "A row"),
        ("a clientdata alone, as text", json.dumps(clientdata(BAD)),
         "/properties/definition/actions/A/inputs", None)):
    path = put("one.json", json.dumps(document))
    r = run("lint", "--json", path)
    x = r.json()[0] if r.out else {}
    check(f"{what}", r.code == 1 and x["errors"][0]["pointer"] == pointer and
          x.get("name") == name and x.get("within") == (
              "/clientdata" if "clientdata" in document else None), r)

text = "\ufeff" + json.dumps(BAD, indent=2).replace("\n", "\r\n")
r = run("lint", "--json", put("windows.json", text))
x = r.json()[0]["errors"][0]
line = text.split("\r\n")[x["line"] - 1]
check("a byte order mark and CR LF", line[x["column"] - 1:].startswith("outputs('Gone')"), r)

r = run("lint", put("sixteen.json", json.dumps(BAD).encode("utf-16")))
check("UTF-16 is named", r.code == 2 and "it is UTF-16" in r.err, r)

# ---- packages ----

for what, entries, member, name in (
        ("an exported package", export(BAD), FOLDER + "definition.json", "My flow"),
        ("a package whose flow has no name", export(BAD, None), FOLDER + "definition.json",
         "From the manifest"),
        ("a solution", solution(BAD), WORKFLOW, "Orders & more"),
        ("a solution without names", [e for e in solution(BAD) if "xml" not in e[0]], WORKFLOW,
         "Whatfilesarecalled"),
        ("a solution made on Windows", [(p.replace("/", "\\"), c) for p, c in solution(BAD)],
         WORKFLOW, "Orders & more"),
        ("a zip of definitions", [("x/a.json", BAD), ("x/b.json", {"b": 1})], "x/a.json", None)):
    r = run("lint", "--json", put("one.zip", pack(entries)))
    good = r.code == 1 and len(r.json()) == 1
    x = r.json()[0] if good else {}
    check(what, good and x["member"] == member and x.get("name") == name and
          x["errors"][0]["rule"] == "REF01" and x["errors"][0]["line"] == 1, r)
r = run("lint", "--json", put("one.whatever", pack(solution(GOOD))))
check("a zip is known by its content", r.code == 0 and len(r.json()) == 1, r)
p = subprocess.run([PROGRAM, "lint", "--json", "-"], input=pack(solution(BAD)), check=False,
                   stdout=subprocess.PIPE, env=home.env(), timeout=60)
check("a zip on standard input", p.returncode == 1 and json.loads(p.stdout)[0]["file"] == "-" and
      json.loads(p.stdout)[0]["member"] == WORKFLOW, p.stdout)
path = put("large.json", "")
os.truncate(path, 33 << 20)
r = run("lint", path)
check("a file that is too large", r.code == 2 and "larger than 32 MB" in r.err, r)
os.unlink(path)
r = run("lint", os.path.join(home.path, "one.whatever"))
check("one that is fine", r.code == 0 and r.out.startswith("1 flow, 1 action: 0 errors"), r)
r = run("lint", put("two.zip", pack(export(BAD) + [("Workflows/b.json", "{\"actions\":{},\"triggers\""),
                                                  ("Workflows/c.json", clientdata(GOOD))])))
check("what is broken in a package is told, the rest is read", r.code == 2 and
      "two.zip!Workflows/b.json: not JSON" in r.err and "2 flows in 1 file" in r.out, r)

for what, data, words in packages.hostile():
    path = put("hostile.zip", data)
    r = run("lint", path)
    check(f"{what}: {words}", r.code == 2 and words in r.err and not r.out and
          r.err.count("\n") == 1 and r.err.startswith(f"error: {path}"), r)

# ---- folders ----

put("tree/solution/Workflows/Daily-1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json", clientdata(BAD))
put("tree/solution/Workflows/Daily-1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json.data.xml",
    f'<?xml version="1.0"?>\n<Workflow WorkflowId="{{{ID}}}" Name="Daily &lt;orders&gt;"/>')
put("tree/b.json", service(GOOD, "B"))
put("tree/a.zip", pack(export(GOOD, "Packed")))
put("tree/package.json", {"name": "x", "version": "1"})
put("tree/tsconfig.json", "{ // comments\n}")
put("tree/photos.zip", pack([("a.png", b"1")]))
put("tree/readme.md", "hello")
put("tree/.git/x.json", BAD)
put("tree/node_modules/m/x.json", BAD)
os.symlink("..", os.path.join(home.path, "tree", "loop"))
os.symlink("/etc", os.path.join(home.path, "tree", "solution", "etc"))
os.symlink(os.path.join(home.path, "one.json"), os.path.join(home.path, "tree", "linked.json"))
os.mkfifo(os.path.join(home.path, "tree", "pipe.json"))
tree = os.path.join(home.path, "tree")
r = run("lint", "--json", tree)
check("a folder: flows in order, the rest is passed over", r.code == 1 and not r.err and
      [(os.path.relpath(x["file"], tree), x["name"]) for x in r.json()] == [
          ("a.zip", "Packed"), ("b.json", "B"),
          ("solution/Workflows/Daily-1F87B5E3-9B8E-484F-AC7B-E69687CC571B.json",
           "Daily <orders>")], r)
r = run("lint", tree + "/")
check("with a slash behind it, as text", r.code == 1 and "3 flows, 3 actions: 1 error" in r.out, r)
put("tree/broken.json", '{"triggers": {}, "actions": {')
r = run("lint", tree)
check("a broken flow in it is told", r.code == 2 and "broken.json: not JSON" in r.err and
      "3 flows" in r.out and "; 1 unusable" in r.out, r)

# ---- flows that run flows ----

OTHER = "2a87b5e3-9b8e-484f-ac7b-e69687cc571b"
PARENT = dict(GOOD, actions={"Run": {"type": "Workflow", "runAfter": {}, "inputs": {
    "host": {"workflowReferenceName": ID}, "body": {}}}})
ANSWER = dict(GOOD, actions={"R": {"type": "Response", "kind": "PowerApp", "runAfter": {},
                                   "inputs": {"statusCode": 200}}})
CALLER = f"Workflows/Caller-{OTHER.upper()}.json"


def pair(child):
    return solution(child) + [(CALLER, clientdata(PARENT))]


def told(*words):
    """(exit code, [(flow, rule, pointer)])"""
    r = run("lint", "--json", "--only", "TRG10", *words)
    return r.code, [(x["name"], f["rule"], f["pointer"]) for x in r.json() for f in x["errors"]]


AT = ("Caller", "TRG10", "/properties/definition/actions/Run")
check("a solution in which a flow runs one that does not answer",
      told(put("pair.zip", pack(pair(GOOD)))) == (1, [AT]), told(put("pair.zip", pack(pair(GOOD)))))
check("one that answers", told(put("fine.zip", pack(pair(ANSWER)))) == (0, []))
put("family/a/definition.json", service(GOOD, "Child"))
put("family/" + CALLER, clientdata(PARENT))
check("in a folder, at the one that is read last", told(os.path.join(home.path, "family")) == (
    1, [("Child", "TRG10", "/properties/definition/triggers/manual")]))
put("family/a/definition.json", service(ANSWER, "Child"))
check("and one that answers", told(os.path.join(home.path, "family")) == (0, []))
check("each alone is silent", told(os.path.join(home.path, "family", CALLER)) == (0, []) and
      told("tests/data/flows") == (0, []))
os.makedirs(os.path.join(home.path, "empty"))
r = run("lint", os.path.join(home.path, "empty"))
check("an empty folder", r.code == 2 and "the folder holds no flow" in r.err and not r.out, r)
deep = os.path.join(home.path, "deep", *["d"] * 40)
os.makedirs(deep)
r = run("lint", os.path.join(home.path, "deep"))
check("a folder that is too deep", r.code == 2 and "more than 32 levels" in r.err, r)
shut = os.path.join(home.path, "shut")
os.makedirs(os.path.join(shut, "in"))
put("shut/a.json", GOOD)
os.chmod(os.path.join(shut, "in"), 0)
if os.access(os.path.join(shut, "in"), os.R_OK):
    skip("a folder that cannot be read is told", "nothing is shut for root")
else:
    r = run("lint", shut)
    check("a folder that cannot be read is told", r.code == 2 and "shut/in: " in r.err and
          "1 flow," in r.out, r)
os.chmod(os.path.join(shut, "in"), 0o700)

# ---- man/flowlatch-lint.1 ----

with open("man/flowlatch-lint.1", encoding="utf-8") as f:
    page = f.read()
example = Home()
os.makedirs(os.path.join(example.path, "flows"))
with open(os.path.join(example.path, "flows", "order.json"), "w", encoding="ascii") as f:
    json.dump(service(GOOD), f)
with open(os.path.join(example.path, "flow.json"), "w", encoding="ascii") as f:
    json.dump(service(GOOD), f)
with open(os.path.join(example.path, "package.zip"), "wb") as f:
    f.write(pack(export(GOOD)))
lines = [x[5:] for x in page.splitlines() if x.startswith(".Dl $ ")]
check("the man page has examples", len(lines) >= 5, lines)
for line in lines:
    words = shlex.split(line[1:].replace("\\(dq", '"').replace("\\(aq", "'"))
    arguments = words[1:words.index(">")] if ">" in words else words[1:]
    r = run(*arguments, cwd=example.path, input=json.dumps(GOOD))
    check(f"man page: {line}", words[0] == "flowlatch" and r.code == 0 and r.out and
          (">" not in words or json.loads(r.out)), r)
ids = [x["id"] for x in json.loads(run("lint", "--sarif", FLOWS[0]).out)["runs"][0]["tool"][
    "driver"]["rules"]]
for group in sorted({x.rstrip("0123456789") for x in ids}):
    check(f"the man page names the group {group}", f".It Sy {group}" in page)
end()

#!/usr/bin/env python3
"""flowlatch refactor, diff and eval: files written whole and in their own layout, differences in
words, values with their steps, and the examples of the man pages."""
import glob
import json
import os
import re
import shutil
import stat
import subprocess

import cli
from cli import B, Home, check, end, run

GOOD = sorted(glob.glob("tests/data/flows/*.json"))
FLOW = {
    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
               "workflowdefinition.json#",
    "contentVersion": "1.0.0.0",
    "triggers": {"manual": {"type": "Request", "kind": "Button", "inputs": {"schema": {}}}},
    "actions": {
        "Total": {"type": "InitializeVariable", "runAfter": {}, "inputs": {"variables": [
            {"name": "total", "type": "integer", "value": 0}]}},
        "Get_item": {"type": "Compose", "inputs": "@triggerBody()?['order']?['id']",
                     "runAfter": {"Total": ["Succeeded"]}},
        "Tell": {"type": "Compose", "runAfter": {"Get_item": ["Succeeded"]},
                 "inputs": "ö @{outputs('get_item')} of @{triggerBody()?['order']?['id']} "
                           "@{variables('total')}"},
    },
}
LAYOUTS = {
    "on one line": lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False),
    "with two spaces": lambda v: json.dumps(v, indent=2, ensure_ascii=False) + "\n",
    "with four spaces": lambda v: json.dumps(v, indent=4, ensure_ascii=False),
    "with tabs": lambda v: json.dumps(v, indent="\t", ensure_ascii=False) + "\n",
    "with CR LF": lambda v: (json.dumps(v, indent=2, ensure_ascii=False) + "\n").replace("\n", "\r\n"),
    "with a byte order mark": lambda v: "\ufeff" + json.dumps(v, indent=2, ensure_ascii=False),
}

home = Home()
home.conf("this is no configuration\n")


def path(name):
    return os.path.join(home.path, name)


def write(name, text, mode=0o644):
    with open(path(name), "w", encoding="utf-8", newline="") as f:
        f.write(text)
    os.chmod(path(name), mode)


def read(name):
    with open(path(name), encoding="utf-8", newline="") as f:
        return f.read()


# ---- refactor ----

text = LAYOUTS["with two spaces"](FLOW)
write("flow.json", text, 0o640)
r = run("refactor", "rename-action", "get_ITEM", "It's here", path("flow.json"), home=home)
now = json.loads(r.out)
check("the new document is printed, and what has changed beside it",
      r.code == 0 and r.err == "= action Get_item renamed to It's_here\n" and
      now["actions"]["Tell"]["runAfter"] == {"It's_here": ["Succeeded"]} and
      "@{outputs('It''s_here')}" in now["actions"]["Tell"]["inputs"], r)
check("nothing was written", read("flow.json") == text)
r = run("refactor", "rename-action", "Get_item", "B", path("flow.json"), "--dry-run")
check("--dry-run prints what would change", r.code == 0 and
      r.out == "= action Get_item renamed to B\n" and read("flow.json") == text, r)
r = run("refactor", "rename-action", "Get_item", "B", path("flow.json"), "--dry-run", "--json")
check("  as JSON, too", r.code == 0 and r.json()["changes"][0]["oldName"] == "Get_item" and
      not r.json()["equal"], r)

for what, layout in LAYOUTS.items():
    write("layout.json", layout(FLOW))
    r = run("refactor", "rename-variable", "total", "sum", path("layout.json"), "--in-place")
    want = layout(FLOW).replace('"name": "total"', '"name": "sum"').replace(
        '"name":"total"', '"name":"sum"').replace("variables('total')", "variables('sum')")
    check(f"a file {what} keeps its layout", r.code == 0 and read("layout.json") == want,
          (r, read("layout.json")))

os.symlink(path("flow.json"), path("link.json"))
r = run("refactor", "rename-action", "Tell", "Say", path("link.json"), "--in-place", "--backup")
check("in place: a link stays one, the mode stays, the old content is kept",
      r.code == 0 and os.path.islink(path("link.json")) and
      stat.S_IMODE(os.stat(path("flow.json")).st_mode) == 0o640 and
      read("flow.json.bak") == text and "Say" in json.loads(read("flow.json"))["actions"], r)
r = run("refactor", "rename-action", "Say", "Tell", path("flow.json"), "--output", path("back.json"))
check("--output writes another file, and there and back is the same",
      r.code == 0 and read("back.json") == text and r.out == "= action Say renamed to Tell\n", r)
write("flow.json", text)
before = os.listdir(home.path)
for words, code, part in (
        (["rename-action", "Nope", "X"], 1, "no action is called"),
        (["rename-action", "Tell", "get_item"], 1, "another action is called"),
        (["rename-action", "Tell", "a/b"], 1, "cannot be the name"),
        (["extract", "triggerBody()?['x']", "N"], 1, "stands nowhere"),
        (["replace", "a ?? b", "1"], 1, "a ?? b"),
        (["find", "thing", "x"], 2, "nothing that has a name"),
        (["rename", "Tell", "x"], 2, "no refactoring"),
        (["find", "action", "Nope"], 1, "nothing names the action")):
    r = run("refactor", *words, path("flow.json"), *([] if words[0] == "find" else ["--in-place"]))
    check(f"refactor {' '.join(words)} is refused", r.code == code and part in r.err and
          not r.out, r)
check("and nothing was changed or left behind", read("flow.json") == text and
      sorted(os.listdir(home.path)) == sorted(before))
for words in (["refactor"], ["refactor", "rename-action", "a", "b"],
              ["refactor", "rename-action", "a", "b", path("flow.json"), "--in-place", "--dry-run"],
              ["refactor", "rename-action", "a", "b", path("flow.json"), "--backup"],
              ["refactor", "rename-action", "a", "b", path("flow.json"), "--in", "Tell"],
              ["refactor", "rename-action", "a", "b", "-", "--in-place"],
              ["refactor", "rename-action", "a", "b", path("nowhere.json")]):
    r = run(*words)
    check(f"flowlatch {' '.join(os.path.basename(w) for w in words)} is wrong",
          r.code == 2 and r.err.startswith("error: ") and not r.out, r)
for what, bad in (("two members of one name", '{"actions":{},"actions":{}}'), ("nothing", ""),
                  ("no definition", "{}"), ("a NUL", '{"actions":{"a":"\\u0000"}}'),
                  ("a package", "PK\x03\x04")):
    r = run("refactor", "find", "action", "a", "-", input=bad)
    check(f"{what} is refused", r.code == 2 and r.err.startswith("error: -"), r)

r = run("refactor", "find", "action", "get_item", path("flow.json"))
lines = [line.split() for line in r.out.splitlines()]
check("every use is found", r.code == 0 and [x[0] for x in lines] ==
      ["KIND", "declared", "runAfter", "expression"] and "(character 4)" in r.out, r)
r = run("refactor", "find", "variable", "total", path("flow.json"), "--json")
check("  as JSON, too", r.code == 0 and [x["kind"] for x in r.json()] ==
      ["declared", "expression"], r)
r = run("refactor", "extract", "triggerBody()?['order']?['id']", "Order id", path("flow.json"))
now = json.loads(r.out)
check("an expression becomes an action", r.code == 0 and
      list(now["actions"]) == ["Total", "Order_id", "Get_item", "Tell"] and
      now["actions"]["Get_item"]["inputs"] == "@outputs('Order_id')" and
      "+ action Order_id (Compose) added, after Total" in r.err, r)
r = run("refactor", "replace", "triggerBody()?['order']?['id']", "@triggerBody()?['id']",
        path("flow.json"), "--in", "Tell", "--dry-run")
check("only in one action", r.code == 0 and r.out.count("\n") == 1 and
      r.out.startswith("~ action Tell: /inputs changed"), r)
write("evil.json", json.dumps({"actions": {"A\x1b[31m": {"type": "Compose", "inputs": 1}}}))
r = run("refactor", "rename-action", "A\x1b[31m", "B", path("evil.json"), "--dry-run")
check("control characters are escaped", r.code == 0 and "\x1b" not in r.out + r.err, r)

# ---- diff ----

for good in GOOD:
    r = run("diff", good, good)
    check(f"{os.path.basename(good)} is equal to itself", r.code == 0 and not r.out and not r.err, r)
write("sorted.json", json.dumps(FLOW, sort_keys=True))
check("the order of members is no difference",
      run("diff", path("flow.json"), path("sorted.json")).code == 0)
other = json.loads(text)
other["actions"]["Tell"]["inputs"] = "x"
other["actions"]["New"] = {"type": "Compose", "inputs": 1, "runAfter": {"Tell": ["Failed"]}}
write("other.json", json.dumps(other))
r = run("diff", path("flow.json"), path("other.json"), home=home)
check("differences in words", r.code == 1 and r.out.splitlines()[1:] == [
    "+ action New (Compose) added, after Tell (Failed)"] and
    r.out.startswith("~ action Tell: /inputs changed from "), r)
r = run("diff", path("flow.json"), path("other.json"), "--json")
check("  as JSON, too", r.code == 1 and [x["change"] for x in r.json()["changes"]] ==
      ["changed", "added"] and r.json()["changes"][0]["pointer"] == "/actions/Tell/inputs", r)
r = run("diff", path("flow.json"), "-", input=json.dumps(other))
check("from standard input", r.code == 1, r)
for words, given in ((["diff", path("flow.json")], ""), (["diff", path("flow.json"), "-"], "{"),
                     (["diff", path("flow.json"), "-"], "{}"), (["diff", "-", "-"], "{}")):
    r = run(*words, input=given)
    check(f"diff with {given or 'too little'} is wrong", r.code == 2 and r.err and not r.out, r)

# ---- eval ----

r = run("eval", "add(1, mul(2, 3))", home=home)
check("a value, its type, its steps", r.code == 0 and r.out.split() ==
      "7 Integer STEP VALUE mul(2, 3) 6 add(1, mul(2, 3)) 7".split(), r)
r = run("eval", "@{concat('a', 'b')}!", "--json")
check("as JSON", r.code == 0 and r.json() == {"value": "ab!", "type": "String", "steps": [
    {"expression": "concat('a', 'b')", "offset": 2, "value": "ab"}]}, r)
r = run("eval", "å('x')")
check("an unknown function", r.code == 1 and "\n  å('x')\n  ^" in r.err and not r.out, r)
r = run("eval", "concat('åå', split(null, ','))")
check("the engine's words, and a caret under what failed", r.code == 1 and
      r.err.startswith("error: The template language function 'split' expects") and
      r.err.endswith("\n  concat('åå', split(null, ','))\n               ^~~~~~~~~~~~~~~~\n"), r)
r = run("eval", "-", input="concat('a',\n  div(1, 0))\n")
check("of more lines only that one", r.code == 1 and r.err.endswith(
    "\n    div(1, 0))\n    ^~~~~~~~~\n"), r)
r = run("eval", "variables('a') ?? 1")
check("and what to write instead", r.code == 1 and r.err.endswith(
    "hint: write coalesce(variables('a'), 1)\n"), r)
r = run("eval", "--json", "split(null, ',')")
check("a failure as JSON", r.code == 1 and r.json()["error"]["offset"] == 0 and
      r.json()["error"]["code"] == "InvalidTemplate", r)
context = {"variables": {"x": [1.50, 12345678901234567890]}, "now": "2026-11-21T18:00:00Z",
           "actions": {"A": {"outputs": {"body": 1}, "status": "Failed"}}}
write("context.json", json.dumps(context))
r = run("eval", "createArray(variables('X')[1], actions('A')['status'], utcNow())", "--context",
        path("context.json"))
check("with a context", r.code == 0 and r.out.startswith(
    '[12345678901234567890,"Failed","2026-11-21T18:00:00.0000000Z"]\nArray\n'), r)
same = [run("eval", "--seed", "7", "--now", "2026-11-21T18:00:00Z",
            "concat(guid(), rand(0, 1000000), utcNow())").out for _ in range(2)]
check("chance and time can be repeated", same[0] == same[1] and len(same[0]) > 60, same)
check("another seed, another chance", run("eval", "--seed", "8", "guid()").out !=
      run("eval", "--seed", "9", "guid()").out)
r = run("eval", "concat('\x1b[31m')")
check("control characters are escaped", r.code == 0 and "\x1b" not in r.out, r)
for words in (["eval"], ["eval", "1", "2"], ["eval", "1", "--now", "noon"],
              ["eval", "1", "--seed", "x"], ["eval", "1", "--context", path("nowhere.json")],
              ["eval", "1", "--context", "-"]):
    r = run(*words, input="[]")
    check(f"flowlatch {' '.join(os.path.basename(w) for w in words)} is wrong",
          r.code == 2 and r.err.startswith("error: ") and not r.out, r)

# ---- the examples of the pages ----

place = Home()
bin_dir = os.path.join(place.path, "bin")
os.mkdir(bin_dir)
shutil.copy(os.path.join(B, "flowlatch"), bin_dir)
with open(os.path.join(place.path, "flow.json"), "w", encoding="utf-8") as f:
    f.write(text)
for page, least in (("man/flowlatch-refactor.1", 5), ("man/flowlatch-eval.1", 3)):
    with open(page, encoding="utf-8") as f:
        examples = re.findall(r"^\.Dl \$ (.*)$", f.read(), flags=re.M)
    check(f"{page} has examples", len(examples) >= least, examples)
    for line in examples:
        line = line.replace("\\(dq", '"').replace("\\(aq", "'")
        p = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True,
                           cwd=place.path, stdin=subprocess.DEVNULL, timeout=cli.PATIENCE,
                           env=place.env(PATH=bin_dir + ":/usr/bin:/bin"), check=False)
        check(f"{page}: {line}", p.returncode == 0 and p.stdout.strip(), p.stdout + p.stderr)
end()

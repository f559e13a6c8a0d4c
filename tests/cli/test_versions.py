#!/usr/bin/env python3
"""flowlatch versions, restore, backup and diff of versions: kept flows on this machine."""
import json
import os
import shutil
import stat
import subprocess

from cli import check, end, run, run_in_terminal, skip
from signing import Signing

CANARY = "canary-5093-quokka"
SECRET = "hunter2-wombat-9981"
ENVIRONMENT = "Jana Novak's Environment"

s = Signing()
home = s.home
home.conf(s.profile("t", environment=ENVIRONMENT))
s.fresh()
with open(s.token, "w", encoding="ascii") as f:
    f.write(s.control("grants", {"user": s.ready["account"]})["refresh_token"])
os.chmod(s.token, 0o600)
STATE = os.path.join(home.path, ".local", "state", "flowlatch", "profiles", "t")


def flowlatch(*args, **more):
    return run(args[0], "--profile", "t", *args[1:], home=home, **more)


def kept(*args):
    return flowlatch("versions", "--json", *args).json()


def edit(flow, definition=None):
    what = {"by": "piet"}
    if definition:
        what["definition"] = definition
    s.control("flow", {"flow": flow, "edit": what})


def definition(text):
    return {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
                       "2016-06-01/workflowdefinition.json#", "contentVersion": "1.0.0.0",
            "parameters": {}, "outputs": {},
            "triggers": {"manual": {"type": "Request", "kind": "Button",
                                    "inputs": {"schema": {"type": "object", "properties": {}}}}},
            "actions": {"Say": {"type": "Compose", "inputs": {"text": text, "password": SECRET},
                                "runAfter": {}}}}


# ---- keeping and listing ----

r = flowlatch("versions")
check("nothing is kept yet", r.code == 0 and "Nothing is kept" in r.out and not r.err, r)
check("listing makes no key", not os.path.exists(os.path.join(STATE, "snapshot_key")))
r = flowlatch("backup", "--json")
both = {x["displayName"]: x for x in r.json()["flows"]}
check("backup keeps all flows of the environment", r.code == 0 and r.json()["kept"] == 2 and
      sorted(both) == ["Trial: callback", "Trial: prices"] and r.json()["failed"] == [], r)
flow = both["Trial: callback"]["flowName"]
first = both["Trial: callback"]["version"]
r = flowlatch("backup")
check("again: nothing anew", r.code == 0 and "Kept 0 of 2" in r.out and "2 are as they were" in r.out,
      r)
r = flowlatch("versions")
check("versions: all that is kept", r.code == 0 and len(r.out.splitlines()) == 3 and
      first in r.out and "Trial: callback" in r.out and "kept on demand" in r.out, r)
r = flowlatch("versions", "Trial: callback")
check("versions of one flow, and the flow as it is", r.code == 0 and
      first in r.out and "current" in r.out, r)
r = run_in_terminal("versions", "--profile", "t", home=home, columns=80, env={"NO_COLOR": "1"})
check("a table fits a terminal", r.code == 0 and max(map(len, r.out.splitlines())) <= 80, r)

# ---- comparing ----

edit(flow, definition(CANARY))
r = flowlatch("backup", "Trial: callback", "--json")
second = r.json()["flows"][0]["version"]
check("backup of one flow", r.code == 0 and r.json()["kept"] == 1 and second != first, r)
r = flowlatch("diff", first, second)
check("diff of two kept versions, offline", r.code == 1 and "Say" in r.out, r)
check("diff of one with itself", flowlatch("diff", first, first).code == 0)
r = flowlatch("diff", "--flow", "Trial: callback", first)
check("diff --flow with the flow as it is", r.code == 1 and "Say" in r.out, r)
r = flowlatch("diff", "--flow", "Trial: callback", second, "current")
check("the newest is the flow as it is", r.code == 0 and not r.out, r)
r = flowlatch("versions", "--print", second)
check("versions --print: the flow as JSON", r.code == 0 and CANARY in r.out and
      r.json()["properties"]["definition"]["actions"]["Say"]["inputs"]["text"] == CANARY, r)
path = os.path.join(home.path, "flow.json")
with open(path, "w", encoding="utf-8") as f:
    f.write(r.out)
r = flowlatch("diff", second, path)
check("a file and a version", r.code == 0 and not r.out, r)
for args, code in ((["0123456789abcdef", path], 1), (["nothing.json", path], 2), ([first], 2),
                   (["--flow", "Trial: callback"], 2),
                   (["--flow", "Trial: callback", "0123456789abcdef"], 1)):
    r = flowlatch("diff", *args)
    check("diff %s" % " ".join(args), r.code == code and r.err.startswith("error:"), r)
check("diff of files needs no configuration", run("diff", path, path).code == 0)

# ---- bringing back ----

r = flowlatch("restore", "Trial: callback", first, "--dry-run", "--json")
check("restore --dry-run", r.code == 0 and r.json()["dryRun"] and not r.json()["restored"] and
      any("Say" in x for x in r.json()["diff"]), r)
r = flowlatch("restore", "Trial: callback", first)
check("restore asks a person", r.code == 4 and "flowlatch approve" in r.err, r)
r = flowlatch("restore", "Trial: callback", "0123456789abcdef")
check("restore of no version", r.code == 1 and "no such version" in r.err, r)
r = flowlatch("restore", "Trial: callback", first, "--connections", "[]")
check("restore --connections wants an object", r.code == 2, r)

# ---- nothing readable ----

files = {p: b for p, b in home.files().items() if p.startswith(STATE)}
check("nothing of a flow can be read in the state directory",
      not [p for p, b in files.items() if CANARY.encode() in b or b"Trial:" in b or
           SECRET.encode() in b or CANARY.encode() in p.encode()])
below = os.path.join(STATE, "snapshots")
check("only for the person: files 0600, directories 0700",
      all(stat.S_IMODE(os.stat(p).st_mode) == 0o600 for p in files) and
      all(stat.S_IMODE(os.stat(d).st_mode) == 0o700 for d, _, _ in os.walk(below)))

# ---- damage ----

record = [p for p in files if second in os.path.basename(p)][0]
good = files[record]
with open(record, "wb") as f:
    f.write(good[:-1])
with open(os.path.join(below, "notes.txt"), "w", encoding="ascii") as f:
    f.write("x")
r = flowlatch("versions")
check("a damaged version and a foreign file are named, the others stand", r.code == 0 and
      "damaged" in r.out and first in r.out and "notes.txt" in r.err, r)
check("a damaged one is not printed", flowlatch("versions", "--print", second).code == 1)
with open(record, "wb") as f:
    f.write(good)
os.unlink(os.path.join(below, "notes.txt"))

# ---- readable files ----

repo = os.path.join(home.path, "repo")
git = shutil.which("git")


def log():
    return subprocess.run(["git", "-C", repo, "log", "--format=%s", "--name-status"],
                          capture_output=True, text=True, check=False).stdout


def names():
    return sorted(os.path.relpath(os.path.join(d, n), repo)
                  for d, _, ns in os.walk(repo) for n in ns if ".git" not in d.split("/"))


r = flowlatch("backup", "--output", repo)
folder = sorted(x for x in os.listdir(repo) if x != ".git")[0]
callback = [n for n in names() if "trial-callback-" in n][0]
check("backup --output: a file for each flow, and whose they are", r.code == 0 and
      len(names()) == 3 and os.path.join(folder, "flows.json") in names() and
      not os.path.exists(os.path.join(repo, ".git")), r)
with open(os.path.join(repo, callback), encoding="utf-8") as f:
    text = f.read()
check("sorted, indented, secrets masked", CANARY in text and SECRET not in text and
      text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n",
      text[:500])
check("and said", "masked" in r.out, r)
check("lint reads it", run("lint", os.path.join(repo, callback)).code in (0, 1))
if git:
    r = flowlatch("backup", "--git", repo, "--json")
    check("backup --git: the first commit", r.code == 0 and r.json()["files"]["commit"] and
          r.json()["files"]["written"] == 0, r)
    r = flowlatch("backup", "--git", repo)
    check("nothing changed: nothing to commit", r.code == 0 and "nothing to commit" in r.out and
          log().count("flows of") == 1, r)
    with open(os.path.join(repo, folder, "mine.json"), "w", encoding="ascii") as f:
        f.write("{}")
    edit(flow, definition("another text"))
    r = flowlatch("backup", "--git", repo)
    check("a change is a commit of that file", r.code == 0 and "M\t" + callback in log(), r)
    s.control("flow", {"flow": both["Trial: prices"]["flowName"], "edit": {"by": "piet"}})
    r = flowlatch("backup", "Trial: callback", "--git", repo)
    check("one flow touches no other", r.code == 0 and "nothing to commit" in r.out, r)
    token = run("call", "delete_live_flow", "--profile", "t", "--flow-name", "Trial: prices",
                home=home)
    check("a deletion asks", token.code == 4, token)
    subprocess.run(["git", "-C", repo, "status", "--porcelain"], check=True,
                   stdout=subprocess.DEVNULL)
    s.control("fault", {"path": "*/flows?$filter*", "status": 200, "count": -1, "body": json.dumps(
        {"value": [{"name": flow, "properties": {"displayName": "Trial: callback"}}]}),
        "headers": {"Content-Type": "application/json"}})
    r = flowlatch("backup", "--git", repo)
    s.control("fault/clear", {})
    check("the file of a flow that is gone goes; foreign ones stay", r.code == 0 and
          os.path.join(folder, "mine.json") in names() and
          not [n for n in names() if "trial-prices" in n], r)
else:
    skip("backup --git", "there is no git")
check("--git and --output exclude each other",
      flowlatch("backup", "--git", "a", "--output", "b").code == 2)
s.control("fault", {"path": "*/flows/%s?*" % flow, "status": 403, "count": 1})
r = flowlatch("backup", "--json")
check("what could not be read is told", r.code == 1 and len(r.json()["failed"]) == 1, r)

# ---- removing ----

count = len(kept())
r = flowlatch("versions", "--purge", "Trial: prices")
check("versions --purge of one flow", r.code == 0 and "Removed" in r.out and
      0 < len(kept()) < count and all(x["flowName"] == flow for x in kept()), r)
r = flowlatch("versions", "--purge", "--json")
check("versions --purge of all", r.code == 0 and r.json()["removed"] > 0 and kept() == [] and
      not [n for d, _, ns in os.walk(below) for n in ns if n != "lock"], r)
for args in (["--print"], ["--print", first, "--purge"], ["a", "b"]):
    check("versions %s: usage" % " ".join(args), flowlatch("versions", *args).code == 2)

# ---- policy ----

policy = os.path.join(home.path, ".config", "flowlatch", "policy.conf")
with open(policy, "w", encoding="ascii") as f:
    f.write("snapshots = no\n")
os.chmod(policy, 0o600)
r = flowlatch("backup")
check("switched off by policy", r.code == 4 and "policy.conf:1" in r.err and kept() == [], r)
with open(policy, "w", encoding="ascii") as f:
    f.write("snapshot_count = 2\n")
for i in range(4):
    edit(flow, definition("text %d" % i))
    flowlatch("backup", flow)
check("policy says how many are kept of a flow", len(kept()) == 2, kept())
os.unlink(policy)

# ---- signing out ----

r = flowlatch("logout")
check("signing out keeps them", r.code == 0 and "versions --purge" in r.out and len(kept()) == 2, r)
s.stop()
end()

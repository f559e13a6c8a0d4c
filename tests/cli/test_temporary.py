#!/usr/bin/env python3
"""test_live_flow: one agreement, one run, and the flow's own trigger is back, also when the server
is killed at any of its steps."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries
import temporary
from cli import check, end, run

w = temporary.World()
agent = w.agent()

# ---- as it should go

f = tested = w.flow("orders")
before = w.definition(f)
r = agent.call("test_live_flow", w.arguments(f, body={"ID": 7, "Title": "seven"}))
check("a test runs the flow once", not r.error and r.doc["status"] == "Succeeded" and r.doc["ended"] and
      r.doc["restored"] is True and w.runs(f) == [r.doc["runName"]], r)
check("one question for the whole plan, with what it means", len(r.questions) == 1 and
      "puts a temporary HTTP trigger in the place" in r.questions[0] and
      "no event starts the flow" in r.questions[0], r)
check("the flow is as it was", w.definition(f) == before, w.definition(f))
check("the run got the payload", w.given(f, r.doc["runName"])["body"] == {"ID": 7, "Title": "seven"})
check("nothing is left open", w.journal() == [])

f = w.flow("fails", action={"type": "Compose", "inputs": "@int('x')", "runAfter": {}})
r = agent.call("test_live_flow", w.arguments(f))
check("a failed run is told, with the way on", not r.error and r.doc["status"] == "Failed" and
      r.doc["restored"] and r.doc["next"]["arguments"]["runName"] == r.doc["runName"], r)

# ---- what it does not do

f = w.flow("declined")
before = w.definition(f)
r = agent.call("test_live_flow", w.arguments(f), decide="decline")
check("declined: nothing was changed", r.code == "declined" and w.definition(f) == before and
      w.runs(f) == [], r)
r = agent.call("test_live_flow", w.arguments(w.flow("off", state="Stopped")))
check("a flow that is off", r.code == "conflict" and not r.questions, r)
r = agent.call("test_live_flow", w.arguments(w.flow("http", trigger={
    "type": "Request", "kind": "Http", "inputs": {}})))
check("a trigger that can be started by itself", r.code == "invalid_argument" and not r.questions and
      r.doc["next"]["tool"] == "trigger_live_flow", r)

# ---- when something goes wrong

f = w.flow("no url")
before = w.definition(f)
w.fault(f, "*listCallbackUrl*", kind="status", status=400, count=9)
r = agent.call("test_live_flow", w.arguments(f))
check("no URL: an error, and the flow is as it was", r.error and
      r.doc["error"]["data"]["restored"] is True and w.definition(f) == before and w.runs(f) == [], r)
f = w.flow("restore lost")
before = w.definition(f)
w.fault(f, "*", method="PATCH", kind="close", effect=True, skip=1)
r = agent.call("test_live_flow", w.arguments(f))
check("the answer to putting back gets lost: settled by a look", not r.error and
      w.definition(f) == before and w.journal() == [], r)
f = w.flow("restore refused")
before = w.definition(f)
w.fault(f, "*", method="PATCH", kind="status", status=400, skip=1, count=1)
r = agent.call("test_live_flow", w.arguments(f))
check("putting back is refused: said, with the way", r.error and
      r.doc["error"]["data"]["restored"] is False and
      r.doc["next"]["tool"] == "recover_live_flow" and w.has_temporary(f), r)
check("and the journal has it", [e["flowName"] for e in w.journal()] == [f])
r = agent.call("update_live_flow", w.arguments(f, displayName="other", body=None))
check("nothing else changes that flow meanwhile, or its own trigger is back first",
      (r.code == "conflict" and w.has_temporary(f)) or w.definition(f) == before, r)
r = agent.call("recover_live_flow", w.arguments(f, body=None))
check("recover_live_flow puts it back, and asks nobody",
      not r.questions and w.definition(f) == before and w.journal() == [], r)
f = w.flow("another editor")
w.fault(f, "*paths/invoke*", kind="delay", delayMs=1500)
edited = w.edit_later(f, 0.7)
r = agent.call("test_live_flow", w.arguments(f))
edited.join()
check("somebody saves during the test: their work stays", r.code == "conflict" and
      "Theirs" in w.definition(f)["actions"], r)
r = agent.call("recover_live_flow", w.arguments(f, body=None))
check("and the trigger alone is put back", not r.error and not w.has_temporary(f) and
      "Theirs" in w.definition(f)["actions"] and w.journal() == [], r)
r = agent.call("recover_live_flow", w.arguments(f, body=None))
check("nothing to recover", r.code == "not_found", r)

# ---- cancelled, closed

f = w.flow("cancelled")
before = w.definition(f)
w.fault(f, "*paths/invoke*", kind="delay", delayMs=400)
agent.cancel_during("test_live_flow", w.arguments(f), lambda: w.has_temporary(f))
check("cancelled in the middle: gone through to its end", w.until(
    lambda: w.definition(f) == before and w.journal() == []), w.journal())
check("it ends well", agent.close() == 0, agent.err.decode())

# ---- an entry that somebody has changed is not believed, and does not stand in the way for ever

f = w.flow("forged")
before = w.definition(f)
w.fault(f, "*", method="PATCH", kind="status", status=400, skip=1, count=1)
agent = w.agent()
agent.call("test_live_flow", w.arguments(f))
agent.close()
w.change_journal(f, lambda e: dict(e, state=e["state"][:-4] + "AAAA"))
agent = w.agent()
check("a forged entry is dropped, and nothing is written for it", w.until(lambda: w.journal() == []) and
      w.has_temporary(f), w.journal())
r = agent.call("list_live_flow_versions", w.arguments(f, body=None))
version = [v["version"] for v in r.doc["versions"] if v["source"] == "flowlatch"][0]
r = agent.call("restore_live_flow", w.arguments(f, body=None, version=version))
check("the version from before the test is the way back", not r.error and len(r.questions) == 1 and
      w.definition(f)["triggers"] == before["triggers"], r)
check("it ends well", agent.close() == 0, agent.err.decode())

# ---- killed, at a step before, in and after each write

killed = w.kill_at_each_step(steps=temporary.SHORT)
check("there was something to take up", len(w.journal()) > 0, killed)
r = run("status", "--json", home=w.desk.home)
check("status tells of it", r.code == 0 and "temporary-trigger" in r.out, r)
agent = w.agent()
check("the next server puts every trigger back by itself",
      w.until(lambda: w.journal() == []), json.dumps(w.journal(), indent=1))
for f, (step, effect, before) in killed.items():
    check("killed at request %d%s: as it was" % (step, ", carried out" if effect else ""),
          w.definition(f) == before, w.definition(f)["triggers"])
check("it ends well", agent.close() == 0, agent.err.decode())
secret = w.signature(tested)
places = dict(canaries.files(w.desk.home.path), answers=b"".join(a.out + a.err for a in w.started))
check("no signature of a temporary trigger anywhere", len(secret) > 20 and
      not canaries.search({"signature": secret}, places), canaries.search({"signature": secret}, places))
r = run("log", "show", "--last", "200", "--json", home=w.desk.home)
check("the log says on what ground", '"agreed_before"' in r.out and '"journal"' in r.out, r)
r = run("log", "verify", home=w.desk.home)
check("and it is whole", r.code == 0, r)

# ---- signing out with something open says so

f = w.flow("signed out")
w.fault(f, "*", method="PATCH", kind="status", status=400, skip=1, count=1)
agent = w.agent()
agent.call("test_live_flow", w.arguments(f))
agent.close()
r = run("logout", home=w.desk.home)
check("signing out with something open says so", "temporary-trigger" in r.err and f in r.err and
      "flowlatch versions" in r.err, r)
end()

#!/usr/bin/env python3
"""Many flows switched, many runs sent again or cancelled: the table first, one agreement, batches,
a stop at a new kind of error, and nothing done twice when the server is killed in between."""
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import temporary
from cli import check, end

w = temporary.World()
t = w.tenant
agent = w.agent()
ENV_NAME = t.flow("/environments/%s?api-version=2016-11-01" % w.env).json["properties"]["displayName"]
BUTTON = {"type": "Request", "kind": "Button", "inputs": {"schema": {}}}
BROKEN = {"type": "Compose", "runAfter": {}, "inputs": "@int(triggerBody()?['n'])"}
WAIT = {"type": "Wait", "runAfter": {}, "inputs": {"interval": {"count": 5, "unit": "Hour"}}}


def call(tool, name=None, **arguments):
    return agent.call(tool, dict(arguments, environmentName=w.env), name=name)


def results(r, key="result"):
    return [i.get(key) for i in r.doc["items"]]


def start(flow, **body):
    a = t.flow("%s/%s/triggers/When_an_item_is_created/run?api-version=2016-11-01" % (w.base, flow),
               "POST", body=body)
    assert a.status == 202, a.body


def runs(flow):
    return t.flow("%s/%s/runs?api-version=2016-11-01&$top=250" % (w.base, flow)).json["value"]


def broken(flow, count):
    """Starts so many runs that fail; their names, oldest first."""
    for i in range(count):
        start(flow, n="x%d" % i)
    w.until(lambda: {x["properties"]["status"] for x in runs(flow)} == {"Failed"})
    return [x["name"] for x in reversed(runs(flow))]


def origins(flow):
    """{run: how often it was sent again}"""
    count = {}
    for r in runs(flow):
        o = r["properties"]["trigger"]["originHistoryName"]
        if o != r["name"]:
            count[o] = count.get(o, 0) + 1
    return count


# ---- flows

child = w.flow("set: child", trigger=BUTTON, state="Stopped")
calls = {"type": "Workflow", "runAfter": {}, "inputs": {"host": {"workflowReferenceName": child}}}
flows = [w.flow("set: parent", trigger=BUTTON, action=calls, state="Stopped")] + \
        [w.flow("set: %d" % i, trigger=BUTTON, state="Stopped") for i in range(6)] + [child]
on = w.flow("set: on", trigger=BUTTON)
r = call("set_live_flow_states", state="Started", search="set: ")
check("first the table, and nobody is asked", not r.error and not r.questions and r.doc["dryRun"] is True and
      r.doc["selected"] == 8 and set(results(r)) == {"selected"} and
      sorted(results(r, "flowName")) == sorted(flows), r)
r = call("set_live_flow_states", state="Started", search="set: ", dryRun=False, name="wrong")
check("a large set wants a typed name", r.code == "declined" and
      all(w.read(f)["state"] == "Stopped" for f in flows), r)
r = call("set_live_flow_states", state="Started", search="set: ", dryRun=False, name=ENV_NAME)
names = results(r, "displayName")
check("one agreement for the set", not r.error and len(r.questions) == 1 and
      "Switches on 8 flows of" in r.questions[0] and "Many things" in r.questions[0] and
      r.doc["done"] == 8 and r.doc["failed"] == 0 and r.doc["left"] == 0 and
      all(w.read(f)["state"] == "Started" for f in flows), r)
check("child flows first", names.index("set: child") < names.index("set: parent"), names)
r = call("set_live_flow_states", state="Started", search="set: ", dryRun=False)
check("what is so already is not selected, and nobody is asked", not r.error and not r.questions and
      r.doc["selected"] == 0, r)
r = call("set_live_flow_states", state="Stopped", flows=[child, flows[0]], dryRun=False)
names = results(r, "displayName")
check("off: a list of ids, callers first", not r.error and r.doc["done"] == 2 and
      names.index("set: parent") < names.index("set: child"), r)

lag = w.flow("lag: 1", trigger=BUTTON, state="Stopped")
a = t.control("flow", {"flow": lag, "licenceLag": 1})
assert a.status == 200, a.body
r = call("set_live_flow_states", state="Started", search="lag: ", dryRun=False)
check("a refusal that passes is tried again", not r.error and r.doc["done"] == 1 and
      w.read(lag)["state"] == "Started", r)

bad = [w.flow("bad: %d" % i, trigger=BUTTON, state="Stopped") for i in range(10)]
for f in bad[:2]:
    w.fault(f, "/start*", kind="status", status=400, count=9,
            body={"error": {"code": "Odd", "message": "something odd"}})
r = call("set_live_flow_states", state="Started", search="bad: ", dryRun=False, name=ENV_NAME)
first = r.doc
check("it stops at an error of a new kind", not r.error and first["stopped"]["errorKind"] == "Odd" and
      first["failed"] >= 1 and first["left"] > 0 and
      first["done"] + first["failed"] + first["left"] == 10, r)
r = call("set_live_flow_states", state="Started", search="bad: ", dryRun=False, tolerate=["odd"],
         name=ENV_NAME)
check("told that it is known, it goes on", not r.error and "stopped" not in r.doc and
      r.doc["failed"] == 2 and r.doc["left"] == 0 and
      all(w.read(f)["state"] == "Started" for f in bad[2:]), r)

# ---- runs sent again

f = w.flow("again", trigger=BUTTON, action=BROKEN)
failed = broken(f, 7)
r = call("resubmit_live_flow_runs", flowName=f)
check("all that failed, oldest first", not r.error and results(r, "runName") == failed and
      r.doc["selected"] == 7 and not r.questions, r)
r = agent.call("resubmit_live_flow_run", w.arguments(f, body=None, runName=failed[0]))
assert not r.error, r
again = r.doc["runName"]
w.until(lambda: {x["properties"]["status"] for x in runs(f)} == {"Failed"})
r = call("resubmit_live_flow_runs", flowName=f, top=8)
by = dict(zip(results(r, "runName"), r.doc["items"]))
check("one that was sent again already is left out", by[failed[0]]["result"] == "skipped" and
      by[failed[0]]["reason"].endswith(again) and by[again]["result"] == "selected", r)
r = call("resubmit_live_flow_runs", flowName=f, error="Keep/NotThis")
check("by error: none", r.doc["selected"] == 0, r)
code = agent.call("get_live_flow_run_error", w.arguments(f, body=None, runName=again)).doc[
    "failedActions"][-1]["code"]
r = call("resubmit_live_flow_runs", flowName=f, error="keep/" + code)
check("by error: those", r.doc["selected"] == 7, r)
r = call("resubmit_live_flow_runs", flowName=f, runs=failed[1:3], dryRun=False)
check("a list of runs", not r.error and r.doc["done"] == 2 and len(r.questions) == 1 and
      all(i["newRunName"] for i in r.doc["items"]), r)
r = call("resubmit_live_flow_runs", flowName=f, runs=failed, dryRun=False)
check("the rest of it, each once", not r.error and r.doc["done"] == 4 and r.doc["skipped"] == 3 and
      all(origins(f)[x] == 1 for x in failed), r)

# ---- runs cancelled

f = w.flow("waiting", trigger=BUTTON, action=WAIT)
for i in range(6):
    start(f, n=i)
w.until(lambda: len(runs(f)) == 6)
r = call("cancel_live_flow_runs", flowName=f)
check("cancel: the table", not r.error and r.doc["selected"] == 6 and not r.questions, r)
r = call("cancel_live_flow_runs", flowName=f, dryRun=False, name="waiting")
check("cancel: all of them", not r.error and r.doc["done"] == 6 and
      {x["properties"]["status"] for x in runs(f)} == {"Cancelled"}, r)
r = call("cancel_live_flow_runs", flowName=f, dryRun=False)
check("cancel: nothing left to do", r.doc["selected"] == 0 and not r.questions, r)
check("nothing stays in the journal", w.open_entries("bulk") == [], w.open_entries("bulk"))
check("it ends well", agent.close() == 0, agent.err.decode())

# ---- killed in the middle of a set

for effect in (False, True):
    f = w.flow("killed %s" % effect, trigger=BUTTON, action=BROKEN)
    failed = set(broken(f, 6))
    t.control("fault/clear", {})
    w.fault(f, "*/resubmit?*", kind="hang", effect=effect, skip=4, count=9)
    agent = w.agent()
    talk = threading.Thread(target=call, args=("resubmit_live_flow_runs", "killed %s" % effect),
                            kwargs={"flowName": f, "dryRun": False})
    talk.start()
    check("the second batch is reached", w.until(w.struck), w.struck())
    time.sleep(0.1)
    agent.kill()
    talk.join()
    t.control("fault/clear", {})
    agent = w.agent()
    r = call("resubmit_live_flow_runs", flowName=f)
    before = r.doc.get("interrupted", [{}])[0]
    check("the next call tells what was done", before.get("done") == 4 and before.get("left") == 2 and
          len(before.get("sending", [])) == 2, r)
    w.until(lambda: not effect or len(origins(f)) == 6)
    r = call("resubmit_live_flow_runs", flowName=f, runs=sorted(failed), dryRun=False)
    check("and the same call does the rest, nothing twice",
          not r.error and set(origins(f)) == failed and set(origins(f).values()) == {1} and
          "interrupted" not in r.doc, "%s\n%s" % (r, origins(f)))
    check("nothing stays in the journal", w.open_entries("bulk") == [])
    check("it ends well", agent.close() == 0, agent.err.decode())
end()

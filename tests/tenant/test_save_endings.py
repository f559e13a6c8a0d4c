#!/usr/bin/env python3
"""How saves end that do not end well: refused, lost, changed by the service, overtaken, unreadable.

Each time the flow is what it was, unless that is said; and what a person may want to send in lies
on the disk, masked, for them alone.
"""
import json
import os
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import BUILD, Agent, Refused, World  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
world = World()
agent = Agent(world.home)
ENV = {part: e["id"] for e in agent.call("list_live_environments")
       for part in ("Jana", "Operations") if part in e["displayName"]}
SECRET = "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"


def find(part, name):
    flows = agent.call("list_live_flows", environmentName=ENV[part], search=name)["flows"]
    return ENV[part], next(f["id"] for f in flows if f["displayName"] == name)


def state(flow):
    v = world.flow(flow)
    return {k: v[k] for k in ("definition", "references", "displayName", "state")}


def report():
    """What `flowlatch bug-report` shows."""
    p = subprocess.run([os.path.join(BUILD, "flowlatch"), "bug-report", "--json", "--config",
                        world.home.config], env=world.home.env, capture_output=True, text=True,
                       timeout=20, check=False)
    return json.loads(p.stdout) if p.returncode == 0 else {}


def save(env, flow, **more):
    """The error of a save that fails, or its result."""
    arguments = {"description": "Saved. " + SECRET}
    arguments.update(more)
    try:
        return agent.call("update_live_flow", environmentName=env, flowName=flow, **arguments)
    except Refused as e:
        return e


def fails(label, env, flow, code, ending, as_it_was=True):
    before = state(flow)
    e = save(env, flow)
    r = report()
    if not isinstance(e, Refused):
        tap.ok(False, label + ": fails", e)
        return
    tap.ok(e.code == code and e.data.get("asItWas") == as_it_was and e.data.get("snapshot"),
           label + ": " + code, e.document)
    tap.ok((state(flow) == before) == as_it_was, label + ": the flow is as it was",
           json.dumps(state(flow))[:1500])
    tap.ok(r.get("path", "").endswith(e.data.get("bugReport", "-")) and
           r["report"]["ending"] == ending and r["report"]["flowName"] == flow and
           r["report"]["sent"] and os.stat(r["path"]).st_mode & 0o777 == 0o600,
           label + ": a report is kept for its owner", json.dumps(r)[:600])
    with open(r["path"], encoding="utf-8") as f:
        tap.ok("Zm9vYmFyYmF6" not in f.read(), label + ": it is masked")


def meanwhile(flow, edit, env, **more):
    """Saves; while the answer trickles, the flow becomes another one."""
    world.post("fault", kind="slow", rate=3000, count=1, method="PATCH",
               path=more.pop("path", "*/flows/%s?*" % flow))
    out = []
    t = threading.Thread(target=lambda: out.append(save(env, flow, **more)), daemon=True)
    t.start()
    until = time.monotonic() + 30
    while time.monotonic() < until and \
            not world.flow(flow)["definition"].get("description", "").startswith("Saved."):
        time.sleep(0.005)
    world.post("flow", flow=flow, edit=edit)
    t.join(60)
    world.post("fault/clear")
    return out[0]


tap.eq(report(), {}, "nothing has failed yet, and there is no report")
env, flow = find("Jana", "Trial: prices")
world.post("flow", flow=flow, lostSaves=1)
fails("a save that is not kept", env, flow, "upstream", "not kept")
world.post("fault", kind="close", method="PATCH", path="*/flows/%s?*" % flow, count=1)
fails("a save without an answer", env, flow, "outcome_unknown", "no answer")
world.post("fault", kind="status", status=400, count=3, method="PATCH",
           path="*/flows/%s?*" % flow,
           body={"error": {"code": "InvalidTemplate", "message": "No."}})
fails("a refused save", env, flow, "invalid_definition", "refused")
world.post("fault/clear")

env, flow = find("Operations", "Quality report")
world.post("flow", flow=flow, refusedSaveWipes=True)
before = state(flow)
e = save(env, flow)
tap.ok(isinstance(e, Refused) and state(flow)["definition"] == before["definition"],
       "a refused save that wipes: the definition is as it was", e)
tap.ok(e.data["asItWas"] == (state(flow) == before),
       "and whether the references could be put back is told", e.document)

env, flow = find("Operations", "Invoices: file and register")
world.post("flow", flow=flow, refusedSaveWipes=True)
before = state(flow)
name = next(n for n, a in before["definition"]["actions"].items()
            if a["type"] == "OpenApiConnection")
e = save(env, flow, operations=[{"op": "set", "value": "NoSuchOperation",
                                 "path": ["actions", name, "inputs", "host", "operationId"]}])
tap.ok(isinstance(e, Refused) and e.code == "invalid_definition" and e.data["asItWas"] and
       "put back" in e.document["hint"] and state(flow) == before,
       "a refused save that wipes: the references are put back",
       "%s\n%s" % (e, [(k, before[k], state(flow)[k]) for k in before
                       if state(flow)[k] != before[k]]))

env, flow = find("Operations", "Purchase approval")
before = state(flow)
e = meanwhile(flow, {"by": "jana"}, env)
tap.ok(isinstance(e, Refused) and e.code == "upstream" and e.data["asItWas"] and
       e.data["differs"].startswith("/actions/"),
       "something else is there: the flow is put back, and the difference told", e)
tap.ok(state(flow) == before, "it is as it was", json.dumps(state(flow))[:1500])
versions = agent.call("list_live_flow_versions", environmentName=env, flowName=flow)["versions"]
agent.call("restore_live_flow", environmentName=env, flowName=flow,
           version=e.data["foundSnapshot"])
tap.ok(e.data["foundSnapshot"] in [v["version"] for v in versions] and
       "Edited_by_somebody_else" in world.flow(flow)["definition"]["actions"],
       "and what was found, which may be somebody's work, is kept", (e.document, versions))

env, flow = find("Operations", "Customers: create everywhere")
before = state(flow)
world.post("flow", flow=flow, solutionSave="accepted")
e = meanwhile(flow, {"by": "piet"}, env)
now = state(flow)
tap.ok(isinstance(e, Refused) and e.code == "conflict" and not e.data["asItWas"],
       "somebody else saved meanwhile: nothing of theirs is overwritten", e)
tap.ok("Edited_by_somebody_else" in now["definition"]["actions"], "theirs is there", now)

env, flow = find("Jana", "Trial: callback")
world.post("fault", kind="slow", rate=3000, count=1, method="PATCH", path="*/flows/%s?*" % flow)
out = []
t = threading.Thread(target=lambda: out.append(save(env, flow)), daemon=True)
t.start()
until = time.monotonic() + 30
while time.monotonic() < until and \
        not world.flow(flow)["definition"].get("description", "").startswith("Saved."):
    time.sleep(0.005)
world.post("fault", kind="status", status=404, count=5, method="GET", path="*/flows/%s?*" % flow,
           body={"error": {"code": "FlowNotFound", "message": "Gone."}})
t.join(60)
world.post("fault/clear")
tap.ok(isinstance(out[0], Refused) and out[0].code == "outcome_unknown",
       "a flow that cannot be read afterwards: the outcome is not known", out[0])

world.tenant.set(createDropsReferences=True)
c = world.connection(ENV["Operations"], "shared_sharepointonline")
SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
definition = {
    "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
               "2016-06-01/workflowdefinition.json#",
    "contentVersion": "1.0.0.0", "outputs": {},
    "triggers": {"Every_day": {"type": "Recurrence",
                               "recurrence": {"frequency": "Day", "interval": 1}}},
    "actions": {"Get": {"type": "OpenApiConnection", "runAfter": {}, "inputs": {
        "host": {"apiId": SP, "connectionName": "sp", "operationId": "GetItems"},
        "parameters": {"dataset": "https://x.example", "table": "t", "$top": 1}}}}}
for solution in (False, True):
    world.tenant.set(createDropsReferences=not solution, solutionOnly=solution)
    r = agent.call("update_live_flow", environmentName=ENV["Operations"], definition=definition,
                   displayName="Made %s" % solution,
                   connectionReferences={"sp": {"connectionName": c, "source": "Invoker",
                                                "id": SP}})
    made = world.flow(r["flowName"])
    sp = made["references"].get("sp", {})
    tap.ok(r["created"] and r["verified"] and r["state"] == "Stopped" and
           made["state"] == "Stopped" and sp.get("connectionName") == c and
           sp["source"] == "Embedded" and r["adjusted"] and
           (r.get("workflowId", "") == made["workflow"]) and bool(made["workflow"]) == solution,
           "a create %s: bound, by its owner's connection" % (
               "where every flow is in a solution: both ids are told" if solution
               else "that loses its references: they are sent again"), (r, made))
again = agent.call("update_live_flow", environmentName=ENV["Operations"], definition=definition,
                   displayName="Made True",
                   connectionReferences={"sp": {"connectionName": c, "id": SP}})
tap.ok(again["created"] and again["flowName"] != r["flowName"],
       "the same once more is another flow", again)

agent.end()
world.close()
sys.exit(tap.end())

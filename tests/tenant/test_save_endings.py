#!/usr/bin/env python3
"""How saves end that do not end well: refused, lost, undone; and creates that go astray.

Each time the flow is what it was, unless that is said; and what a person may want to send in lies
on the disk, masked, for them alone.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import BUILD, Agent, Refused, World  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
world = World()
agent = Agent(world.home)
SECRET = "https://prod-1.westeurope.logic.azure.com/workflows/x?sig=Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4"


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
    before = world.state(flow)
    e = save(env, flow)
    r = report()
    if not isinstance(e, Refused):
        tap.ok(False, label + ": fails", e)
        return
    tap.ok(e.code == code and e.data.get("asItWas") == as_it_was and e.data.get("snapshot"),
           label + ": " + code, e.document)
    tap.ok((world.state(flow) == before) == as_it_was, label + ": the flow is as it was",
           json.dumps(world.state(flow))[:1500])
    tap.ok(r.get("path", "").endswith(e.data.get("bugReport", "-")) and
           r["report"]["ending"] == ending and r["report"]["flowName"] == flow and
           r["report"]["sent"] and os.stat(r["path"]).st_mode & 0o777 == 0o600,
           label + ": a report is kept for its owner", json.dumps(r)[:600])
    with open(r["path"], encoding="utf-8") as f:
        tap.ok("Zm9vYmFyYmF6" not in f.read(), label + ": it is masked")


tap.eq(report(), {}, "nothing has failed yet, and there is no report")
env, flow = agent.find("Jana", "Trial: prices")
world.post("flow", flow=flow, lostSaves=1)
fails("a save that is not kept", env, flow, "upstream", "not kept")
world.post("fault", kind="close", method="PATCH", path="*/flows/%s?*" % flow, count=1)
fails("a save without an answer", env, flow, "outcome_unknown", "no answer")
world.post("fault", kind="status", status=400, count=3, method="PATCH",
           path="*/flows/%s?*" % flow,
           body={"error": {"code": "InvalidTemplate", "message": "No."}})
fails("a refused save", env, flow, "invalid_definition", "refused")
world.post("fault/clear")

env, flow = agent.find("Operations", "Quality report")
world.post("flow", flow=flow, refusedSaveWipes=True)
before = world.state(flow)
e = save(env, flow)
tap.ok(isinstance(e, Refused) and world.state(flow)["definition"] == before["definition"],
       "a refused save that wipes: the definition is as it was", e)
tap.ok(e.data["asItWas"] == (world.state(flow) == before),
       "and whether the references could be put back is told", e.document)

env, flow = agent.find("Operations", "Invoices: file and register")
world.post("flow", flow=flow, refusedSaveWipes=True)
before = world.state(flow)
name = next(n for n, a in before["definition"]["actions"].items()
            if a["type"] == "OpenApiConnection")
e = save(env, flow, operations=[{"op": "set", "value": "NoSuchOperation",
                                 "path": ["actions", name, "inputs", "host", "operationId"]}])
tap.ok(isinstance(e, Refused) and e.code == "invalid_definition" and e.data["asItWas"] and
       "put back" in e.document["hint"] and world.state(flow) == before,
       "a refused save that wipes: the references are put back",
       "%s\n%s" % (e, [(k, before[k], world.state(flow)[k]) for k in before
                       if world.state(flow)[k] != before[k]]))

operations = agent.find("Operations", "Purchase approval")[0]
world.tenant.set(createDropsReferences=True)
c = world.connection(operations, "shared_sharepointonline")
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
    r = agent.call("update_live_flow", environmentName=operations, definition=definition,
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
again = agent.call("update_live_flow", environmentName=operations, definition=definition,
                   displayName="Made True",
                   connectionReferences={"sp": {"connectionName": c, "id": SP}})
tap.ok(again["created"] and again["flowName"] != r["flowName"],
       "the same once more is another flow", again)

agent.end()
world.close()
sys.exit(tap.end())

#!/usr/bin/env python3
"""Bringing a flow back: after a restore the tenant has what was kept, for every kind of flow; a
connection that is gone is bound again or asked for; and what cannot be kept is not changed.

What the program says is not believed: the flow is looked at through the control plane.
"""
import json
import os
import shutil
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, Ended, Refused, World  # noqa: E402
from practice import API, Tap  # noqa: E402

SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
tap = Tap()
world = World()
agent = Agent(world.home)
ENV = {part: e["id"] for e in agent.call("list_live_environments")
       for part in ("Jana", "Operations") if part in e["displayName"]}


def find(part, name):
    flows = agent.call("list_live_flows", environmentName=ENV[part], search=name)["flows"]
    return ENV[part], next(f["id"] for f in flows if f["displayName"] == name)


def bare(v):
    """Without what the service puts into connector steps."""
    if isinstance(v, list):
        return [bare(x) for x in v]
    if not isinstance(v, dict):
        return v
    return {k: bare(x) for k, x in v.items() if k != "authentication" or "host" not in v}


def state(flow):
    v = world.flow(flow)
    return {"definition": bare(v["definition"]), "references": v["references"],
            "displayName": v["displayName"], "state": v["state"]}


def keep(env, flow):
    return agent.call("keep_live_flow_versions", environmentName=env,
                      flowName=flow)["flows"][0]["version"]


def restore(env, flow, version, **more):
    return agent.call("restore_live_flow", environmentName=env, flowName=flow, version=version,
                      **more)


def other(env, flow):
    """The flow as quite another one: every action but a Compose is gone."""
    d = json.loads(json.dumps(world.flow(flow)["definition"]))
    d["actions"] = {"Another": {"type": "Compose", "inputs": {"n": 1.0}, "runAfter": {}}}
    agent.call("update_live_flow", environmentName=env, flowName=flow, definition=d)


# ---- every kind of flow, there and back ----

for part, name in (("Jana", "Trial: callback"), ("Operations", "Price list: hourly update"),
                   ("Operations", "Customers: create everywhere"),
                   ("Operations", "Set Dataverse lookups"),
                   ("Operations", "Contracts: renew one (child)"),
                   ("Operations", "Purchase approval"),
                   ("Operations", "Order intake: pick and notify"),
                   ("Operations", "Request review and approval for a selected file")):
    env, flow = find(part, name)
    before = state(flow)
    version = keep(env, flow)
    other(env, flow)
    tap.ok(state(flow)["definition"] != before["definition"], name + ": it is another flow now")
    r = restore(env, flow, version)
    tap.ok(r["restored"] and r["verified"] and r["snapshot"] and "rebound" not in r,
           name + ": restored", r)
    tap.eq(state(flow), before, name + ": what the tenant has is what was kept")
    back = restore(env, flow, r["snapshot"])
    tap.ok(back["restored"] and "Another" in state(flow)["definition"]["actions"],
           name + ": a restore can be taken back", back)
    restore(env, flow, version)
    tap.eq(state(flow), before, name + ": and done again")

# ---- what somebody else did meanwhile ----

env, flow = find("Jana", "Trial: callback")
before = state(flow)
version = keep(env, flow)
world.post("flow", flow=flow, edit={"by": "piet"})
r = restore(env, flow, version)
tap.ok(state(flow) == before and any("Edited_by_somebody_else" in x for x in r["diff"]),
       "what somebody else saved goes, and is named", r["diff"])
kept = agent.call("list_live_flow_versions", environmentName=env, flowName=flow)["versions"]
tap.ok(any(v["version"] == r["snapshot"] for v in kept), "and is kept")

# ---- connections that are gone ----


def connector(key):
    return {"type": "OpenApiConnection", "metadata": {"operationMetadataId": "11"}, "inputs": {
        "host": {"apiId": SP, "connectionName": key, "operationId": "GetItems"},
        "parameters": {"dataset": "https://x.example", "table": "t"}}, "runAfter": {}}


def connections(env):
    return [c["id"] for c in agent.call("list_live_connections", environmentName=env)["connections"]
            if c["connectorName"] == "shared_sharepointonline" and c["usable"]]


def drop(env, name):
    a = world.tenant.apps("/apis/shared_sharepointonline/connections/%s?%s&$filter=environment%%20"
                          "eq%%20'%s'" % (name, API, env), "DELETE")
    if a.status not in (200, 204):
        raise RuntimeError(a.body)


def bound(name):
    return {"sp": {"connectionName": name, "source": "Embedded", "id": SP}}


SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")
env = ENV["Jana"]
for c in connections(env):
    drop(env, c)
old = world.connection(env, "shared_sharepointonline")
flow = agent.call("update_live_flow", environmentName=env, displayName="Bound again",
                  connectionReferences=bound(old), definition={
                      "$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": {},
                      "triggers": {"manual": {"type": "Request", "kind": "Button", "inputs": {
                          "schema": {"type": "object", "properties": {}}}}},
                      "actions": {"Items": connector("sp")}, "outputs": {}})["flowName"]
version = keep(env, flow)
tap.eq(world.flow(flow)["references"]["sp"]["connectionName"], old, "a flow with a connection")
agent.call("update_live_flow", environmentName=env, flowName=flow, description="later")
drop(env, old)
try:
    restore(env, flow, version)
    tap.ok(False, "without any connection it is refused")
except Refused as e:
    tap.ok(e.code == "connection_broken" and e.data["reference"] == "sp" and
           e.data["candidates"] == [] and "description" in world.flow(flow)["definition"],
           "without any connection it is refused, and nothing changed", e.document)
new = world.connection(env, "shared_sharepointonline")
r = restore(env, flow, version)
tap.ok(r["rebound"] == [{"reference": "sp", "from": old, "to": new, "why": r["rebound"][0]["why"]}]
       and "only one" in r["rebound"][0]["why"] and
       world.flow(flow)["references"]["sp"]["connectionName"] == new,
       "bound to the only one there is", r)
tap.ok("Reference \"sp\" gets another connection" in agent.cards[-1], "and the card says so",
       agent.cards[-1])
second = world.connection(env, "shared_sharepointonline")
agent.call("update_live_flow", environmentName=env, flowName=flow, description="again")
r = restore(env, flow, version)
tap.ok(r["rebound"][0]["to"] == new and "uses now" in r["rebound"][0]["why"],
       "of two it is the one that the flow uses now", r)
r = restore(env, flow, version, connectionReferences=bound(second))
tap.ok(world.flow(flow)["references"]["sp"]["connectionName"] == second, "or the one that is named", r)
agent.call("update_live_flow", environmentName=env, flowName=flow, operations=[
    {"op": "add", "path": ["actions", "Say"], "value": {"type": "Compose", "inputs": 1}},
    {"op": "remove_action", "action": "Items"}])
try:
    restore(env, flow, version)
    tap.ok(False, "of two that are as good a person chooses")
except Refused as e:
    tap.ok(e.code == "connection_broken" and
           sorted(c["name"] for c in e.data["candidates"]) == sorted([new, second]),
           "of two that are as good a person chooses", e.document)


# ---- a flow that was deleted ----

env, flow = find("Jana", "Trial: callback")
before = state(flow)
version = keep(env, flow)
a = world.tenant.flow("/environments/%s/flows/%s?%s" % (env, flow, API), "DELETE")
tap.ok(a.status == 200, "a flow is deleted by somebody else", a.body)
kept = agent.call("list_live_flow_versions", environmentName=env, flowName=flow)
tap.ok([v["version"] for v in kept["versions"]][0] == version, "its versions are still listed", kept)
try:
    restore(env, flow, version)
    tap.ok(False, "it cannot be put back in its place")
except Refused as e:
    tap.ok(e.code == "not_found" and "asNew" in e.document["hint"],
           "it cannot be put back in its place; what can be done is said", e.document)
r = restore(env, flow, version, asNew=True,
            connectionReferences={"shared_sharepointonline": bound(new)["sp"]})
made = state(r["flowName"])
tap.ok(r["created"] and r["flowName"] != flow and made["definition"] == before["definition"] and
       made["displayName"] == before["displayName"] and made["state"] == "Stopped",
       "a new flow is like it", json.dumps(made)[:1000])

# ---- what cannot be kept is not changed ----

env, flow = find("Operations", "Price list: hourly update")
before = state(flow)
place = [d for d, names, _ in os.walk(world.home.dir) if "objects" in names][0]
moved = place + ".aside"
os.rename(place, moved)
with open(place, "w", encoding="ascii") as f:
    f.write("in the way")
world.post("stats/reset")
try:
    agent.call("update_live_flow", environmentName=env, flowName=flow, description="lost")
    tap.ok(False, "a flow that cannot be kept is not saved")
except Refused as e:
    tap.ok(e.code == "log_unavailable" and state(flow) == before and
           world.tenant.control("stats").json["writes"] == [],
           "a flow that cannot be kept is not saved: nothing was sent", e.document)
os.unlink(place)
os.rename(moved, place)
r = agent.call("update_live_flow", environmentName=env, flowName=flow, description="kept")
tap.ok(r["snapshot"] and r["updated"] == ["description"], "and is saved when it can be", r)

# ---- switched off by policy ----

policy = os.path.join(world.home.env["HOME"], ".config", "flowlatch", "policy.conf")
os.makedirs(os.path.dirname(policy), exist_ok=True)
with open(policy, "w", encoding="ascii") as f:
    f.write("snapshots = no\n")
os.chmod(policy, 0o600)
ruled = Agent(world.home)
r = ruled.call("update_live_flow", environmentName=env, flowName=flow, description="not kept")
tap.ok(r["verified"] and not r["snapshot"], "switched off by policy: saved without a copy", r)
ruled.call("list_live_flow_versions", environmentName=env, flowName=flow)
tap.ok(any("policy.conf:1" in n for n in ruled.notes), "and the list says so", ruled.notes)
ruled.end()
os.unlink(policy)

# ---- another key ----

key = os.path.join(os.path.dirname(place), "snapshot_key")
shutil.copy(key, key + ".aside")
with open(key, "wb") as f:
    f.write(os.urandom(32))
victim = Agent(world.home)
v = victim.call("list_live_flow_versions", environmentName=env, flowName=flow)["versions"]
tap.ok(len(v) == 1, "with another key nothing of before is listed as this flow's", v)
r = victim.call("update_live_flow", environmentName=env, flowName=flow, description="new key")
tap.ok(r["snapshot"], "and changes go on", r)
try:
    victim.call("restore_live_flow", environmentName=env, flowName=flow, version=version)
    tap.ok(False, "an old version cannot be opened")
except Refused as e:
    tap.ok("another key" in e.document["error"]["message"], "an old version cannot be opened",
           e.document)
victim.end()
os.rename(key + ".aside", key)

# ---- killed in the middle of a restore ----


def killed(env, flow, version, **fault):
    world.post("fault/clear")
    doomed = Agent(world.home)
    ended = []

    def go():
        try:
            doomed.call("restore_live_flow", environmentName=env, flowName=flow, version=version)
            ended.append("done")
        except (Ended, Refused) as e:
            ended.append(e)
    world.post("fault", kind="hang", delayMs=60000, count=1, **fault)
    t = threading.Thread(target=go, daemon=True)
    t.start()
    until = time.monotonic() + 30

    def struck():
        return not any(f["kind"] == "hang" for f in world.tenant.control("fault").json)
    while not struck() and not ended and time.monotonic() < until:
        time.sleep(0.01)
    hit = struck()
    doomed.p.kill()
    t.join(20)
    doomed.p.wait()
    world.post("fault/clear")
    return hit and len(ended) == 1 and isinstance(ended[0], Ended)


env, flow = find("Operations", "Price list: hourly update")
wanted = state(flow)
version = keep(env, flow)
other(env, flow)
now = state(flow)
path = "*/flows/%s?*" % flow
for label, fault, want in (
        ("while it looks", {"method": "GET", "path": path}, now),
        ("before the save", {"method": "PATCH", "path": path}, now),
        ("after the save", {"method": "PATCH", "path": path, "effect": True}, wanted)):
    tap.ok(killed(env, flow, version, **fault), "killed " + label)
    tap.eq(state(flow), want, "killed %s: the flow is one of the two" % label)
    watcher = Agent(world.home)
    ids = [v["version"] for v in watcher.call("list_live_flow_versions", environmentName=env,
                                              flowName=flow)["versions"]]
    tap.ok(version in ids and not [v for v in ids if v == ""], "killed %s: versions are whole" % label)
    watcher.end()
r = restore(env, flow, version)
tap.ok(state(flow) == wanted, "and the next one puts it back", r)
agent.end()
world.close()
sys.exit(tap.end())

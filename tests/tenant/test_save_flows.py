#!/usr/bin/env python3
"""The ten flows of tests/data/flows, as the tenant serves them: saved as they were read, nothing is
sent; with one action renamed, exactly its references change.

What a rename should do is worked out here a second time, with regular expressions.
"""
import copy
import json
import os
import re
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, World  # noqa: E402
from practice import Tap  # noqa: E402

FLOWS = ("Flagged email to Planner", "Request review and approval for a selected file",
         "Move list item to folder", "Set item level permissions",
         "Adaptive card reminders from lists", "New employee tip of the day",
         "Set Dataverse lookups", "Pattern: Try-Catch-Finally",
         "Pattern: Exception handling in 'Do until'-loop",
         "Create a Microsoft 365 group using Graph")
tap = Tap()
world = World()
agent = Agent(world.home)


def find(name):
    for e in agent.call("list_live_environments"):
        for f in agent.call("list_live_flows", environmentName=e["id"], search=name)["flows"]:
            if f["displayName"] == name:
                return e["id"], f["id"]
    raise KeyError(name)


def actions(v, out):
    for name, a in (v or {}).items():
        out.append(name)
        actions(a.get("actions"), out)
        actions(a.get("else", {}).get("actions"), out)
        actions(a.get("default", {}).get("actions"), out)
        for one in a.get("cases", {}).values():
            actions(one.get("actions"), out)
    return out


def renamed(v, old, new, key=None):
    """The value with an action renamed: its key, runAfter, and the names in expressions."""
    if isinstance(v, str):
        if key not in ("description", "operationMetadataId") and "@" in v:
            v = re.sub(r"((?:outputs|body|actions|items|result|iterationIndexes|actionBody|"
                       r"actionOutputs)\(\s*')%s('\s*\))" % re.escape(old),
                       lambda m: m.group(1) + new + m.group(2), v)
        return v
    if isinstance(v, list):
        return [renamed(x, old, new, key) for x in v]
    if isinstance(v, dict):
        return {(new if k == old and key in ("actions", "runAfter") else k): renamed(x, old, new, k)
                for k, x in v.items()}
    return v


def plain(definition):
    """As it is saved: without the authentication of connector steps."""
    d = copy.deepcopy(definition)

    def strip(v):
        if isinstance(v, dict):
            if "ApiConnection" in str(v.get("type")) and isinstance(v.get("inputs"), dict):
                v["inputs"].pop("authentication", None)
            for x in v.values():
                strip(x)
        elif isinstance(v, list):
            for x in v:
                strip(x)
    strip(d)
    d.pop("metadata", None)
    return d


for name in FLOWS:
    env, flow = find(name)
    before = world.flow(flow)
    read = agent.call("get_live_flow", environmentName=env, flowName=flow)["properties"]
    world.post("stats/reset")
    r = agent.call("update_live_flow", environmentName=env, flowName=flow,
                   definition=read["definition"],
                   connectionReferences=read["connectionReferences"])
    tap.ok(r["updated"] == [] and r["diff"] == [] and not world.tenant.stats()["writes"] and
           world.flow(flow) == before, name + ": as it was read, nothing is sent", r)
    d = plain(before["definition"])
    text = json.dumps(d)
    # The one that most others speak of.
    old = max(actions(d["actions"], []), key=lambda n: text.count("'%s'" % n) + text.count(
        '"%s":' % n))
    new = "Renamed_by_the_test"
    r = agent.call("update_live_flow", environmentName=env, flowName=flow,
                   operations=[{"op": "rename_action", "action": old, "name": new}])
    want, have = renamed(d, old, new), plain(world.flow(flow)["definition"])
    tap.ok(json.dumps(have) == json.dumps(want) and r["verified"] and
           world.flow(flow)["references"] == before["references"],
           "%s: %s renamed, with all that speaks of it and nothing else" % (name, old),
           (json.dumps(want)[:3000], json.dumps(have)[:3000]))
    tap.ok(len(r["diff"]) == 1 and old in r["diff"][0] and new in r["diff"][0],
           name + ": told as one change", r["diff"])
    agent.call("update_live_flow", environmentName=env, flowName=flow,
               operations=[{"op": "rename_action", "action": new, "name": old}])
    tap.ok(json.dumps(plain(world.flow(flow)["definition"])) == json.dumps(d),
           name + ": and back, to the letter")

# A flow whose id changes while it is saved: its row in Dataverse keeps its own.
env, flow = find("Customers: create everywhere")
before = world.flow(flow)
world.tenant.set(activationChangesId=True)
row = "/workflows(%s)" % before["workflow"]
if before["state"] == "Started":
    world.tenant.dataverse(row, "PATCH", body={"statecode": 0}, headers={"If-Match": "*"})
world.post("fault", kind="slow", rate=3000, count=1, method="PATCH", path="*/flows/%s?*" % flow)
world.post("flow", flow=flow, solutionSave="accepted")
out = []
t = threading.Thread(target=lambda: out.append(agent.call(
    "update_live_flow", environmentName=env, flowName=flow, description="Under another id")))
t.start()
until = time.monotonic() + 30
while time.monotonic() < until and \
        world.flow(before["workflow"])["definition"].get("description") != "Under another id":
    time.sleep(0.005)
a = world.tenant.dataverse(row, "PATCH", body={"statecode": 1}, headers={"If-Match": "*"})
t.join(60)
tap.ok(a.status == 204 and out and out[0]["verified"] and out[0]["flowName"] != flow and
       out[0]["flowName"] == world.flow(before["workflow"])["name"] and
       out[0]["workflowId"] == before["workflow"],
       "a flow that got another id meanwhile is found by its row's", (a.body, out))
agent.end()
world.close()
sys.exit(tap.end())

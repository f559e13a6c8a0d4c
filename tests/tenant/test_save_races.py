#!/usr/bin/env python3
"""Something else is there after a save: put back, or left alone when it is somebody's; and what was
found is kept in any case."""
import json
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, Refused, World  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
world = World()
agent = Agent(world.home)


def save(env, flow, **more):
    """The error of a save that fails, or its result."""
    try:
        return agent.call("update_live_flow", environmentName=env, flowName=flow, **more)
    except Refused as e:
        return e


def meanwhile(flow, edit, env, **more):
    """Saves; while the answer trickles, the flow becomes another one."""
    world.post("fault", kind="slow", rate=3000, count=1, method="PATCH",
               path=more.pop("path", "*/flows/%s?*" % flow))
    out = []
    text = more.setdefault("description", "Saved.")
    t = threading.Thread(target=lambda: out.append(save(env, flow, **more)), daemon=True)
    t.start()
    until = time.monotonic() + 30
    while time.monotonic() < until and world.flow(flow)["definition"].get("description") != text:
        time.sleep(0.005)
    world.post("flow", flow=flow, edit=edit)
    t.join(60)
    world.post("fault/clear")
    return out[0]


env, flow = agent.find("Operations", "Purchase approval")
before = world.state(flow)
e = meanwhile(flow, {"by": "jana"}, env)
tap.ok(isinstance(e, Refused) and e.code == "upstream" and e.data["asItWas"] and
       e.data["differs"].startswith("/actions/"),
       "something else is there: the flow is put back, and the difference told", e)
tap.ok(world.state(flow) == before, "it is as it was", json.dumps(world.state(flow))[:1500])
versions = agent.call("list_live_flow_versions", environmentName=env, flowName=flow)["versions"]
agent.call("restore_live_flow", environmentName=env, flowName=flow,
           version=e.data["foundSnapshot"])
tap.ok(e.data["foundSnapshot"] in [v["version"] for v in versions] and
       "Edited_by_somebody_else" in world.flow(flow)["definition"]["actions"],
       "and what was found, which may be somebody's work, is kept", (e.document, versions))

policy = os.path.join(world.home.dir, ".config", "flowlatch", "policy.conf")
os.makedirs(os.path.dirname(policy), mode=0o700, exist_ok=True)
with open(policy, "w", encoding="ascii") as f:
    f.write("writes_per_minute = 1\n")
os.chmod(policy, 0o600)
agent.end()
agent = Agent(world.home)
e = meanwhile(flow, {"by": "jana"}, env, description="Saved once more.")
tap.ok(isinstance(e, Refused) and not e.data["asItWas"] and e.data["snapshot"] and
       "could not be put back" in str(e) and "restore_live_flow" in e.document["hint"],
       "where a policy stops the way back, that is told", (e, getattr(e, "document", "")))
os.unlink(policy)
agent.end()
agent = Agent(world.home)
agent.call("restore_live_flow", environmentName=env, flowName=flow, version=e.data["snapshot"])

env, flow = agent.find("Operations", "Customers: create everywhere")
before = world.state(flow)
world.post("flow", flow=flow, solutionSave="accepted")
e = meanwhile(flow, {"by": "piet"}, env)
now = world.state(flow)
tap.ok(isinstance(e, Refused) and e.code == "conflict" and not e.data["asItWas"],
       "somebody else saved meanwhile: nothing of theirs is overwritten", e)
tap.ok("Edited_by_somebody_else" in now["definition"]["actions"], "theirs is there", now)

env, flow = agent.find("Jana", "Trial: callback")
world.post("fault", kind="slow", rate=3000, count=1, method="PATCH", path="*/flows/%s?*" % flow)
out = []
t = threading.Thread(target=lambda: out.append(save(env, flow, description="Saved.")), daemon=True)
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

agent.end()
world.close()
sys.exit(tap.end())

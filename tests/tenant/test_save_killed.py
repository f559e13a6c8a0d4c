#!/usr/bin/env python3
"""The server is killed (SIGKILL) at every request of a save: nothing is lost, and it is told.

The tenant keeps each request of a save from being answered, once before and once after it took
effect; the server dies there.  Then the flow is what it was or what was meant, the copy that was
kept brings it back, and the next save of the flow says how the interrupted one went.
"""
import json
import os
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, Ended, Refused, World  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
world = World()
agent = Agent(world.home)
ENV = {part: e["id"] for e in agent.call("list_live_environments")
       for part in ("Jana", "Operations") if part in e["displayName"]}


def find(part, name):
    flows = agent.call("list_live_flows", environmentName=ENV[part], search=name)["flows"]
    return ENV[part], next(f["id"] for f in flows if f["displayName"] == name)


def struck(kind="hang"):
    """A rule that struck as often as it may is gone."""
    rules = world.tenant.control("fault").json
    return not any(f["kind"] == kind for f in rules)


def state(flow):
    v = world.flow(flow)
    return {k: v[k] for k in ("definition", "references", "displayName", "state")}


def killed(env, flow, fault, arguments):
    """Saves, and kills the server when the fault strikes; True when it got so far."""
    world.post("fault/clear")
    victim = Agent(world.home)
    ended = []

    def save():
        try:
            victim.call("update_live_flow", environmentName=env, flowName=flow, **arguments)
            ended.append("done")
        except Ended:
            ended.append("killed")
        except Refused as e:
            ended.append(e)
    world.post("fault", kind="hang", delayMs=60000, count=1, **fault)
    t = threading.Thread(target=save, daemon=True)
    t.start()
    until = time.monotonic() + 30
    while not struck() and not ended and time.monotonic() < until:
        time.sleep(0.01)
    hit = struck()
    victim.p.kill()
    t.join(20)
    victim.p.wait()
    world.post("fault/clear")
    return hit, ended


def told(env, flow):
    """What the next save says of interrupted ones."""
    watcher = Agent(world.home)
    watcher.call("update_live_flow", environmentName=env, flowName=flow, description="look",
                 dryRun=True)
    notes = [json.loads(line) for n in watcher.notes for line in n.splitlines()
             if line.startswith("{")]
    watcher.end()
    return [i for n in notes for i in n.get("interruptedSaves", [])]


def point(label, env, flow, fault, writes, before=None):
    """One kill; `writes`: what the flow may be then, besides what it was."""
    before = before or state(flow)
    text = "Saved at " + label
    wanted = json.loads(json.dumps(before))
    wanted["definition"]["description"] = text
    hit, ended = killed(env, flow, fault, {"description": text})
    now = state(flow)
    tap.ok(hit and ended == ["killed"], label + ": killed there", (hit, ended))
    same, meant = now == before, now == wanted
    tap.ok((meant if writes == "meant" else same), label + ": the flow is " +
           ("as it was meant" if writes == "meant" else "as it was"),
           json.dumps(now)[:1500])
    notes = told(env, flow)
    if writes == "nothing":
        tap.eq(notes, [], label + ": nothing was begun, nothing is told")
        return
    want = "as it was meant" if writes == "meant" else "as it was before"
    tap.ok(len(notes) == 1 and notes[0]["found"] == want and notes[0]["snapshot"],
           label + ": the next save tells how it went", notes)
    tap.eq(told(env, flow), [], label + ": once")
    kept = agent.call("list_live_flow_versions", environmentName=env, flowName=flow)
    ids = [v["version"] for v in kept["versions"]]
    tap.ok(notes and notes[0]["snapshot"] in ids, label + ": the copy is there", kept)
    if meant:
        agent.call("restore_live_flow", environmentName=env, flowName=flow,
                   version=notes[0]["snapshot"])
        tap.ok(state(flow) == before, label + ": and brings the flow back",
               json.dumps(state(flow))[:1000])


def points(kind, env, flow, patch):
    one = "*/flows/%s?*" % flow
    point(kind + ", while it looks", env, flow, {"method": "GET", "path": one}, "nothing")
    point(kind + ", looking at its people", env, flow,
          {"method": "GET", "path": "*/flows/%s/permissions?*" % flow}, "nothing")
    for path, name in patch:
        point("%s, before %s" % (kind, name), env, flow, {"method": "PATCH", "path": path},
              "before")
        point("%s, after %s" % (kind, name), env, flow,
              {"method": "PATCH", "path": path, "effect": True}, "meant")


def mending(env, flow):
    """Something else is there after the save; it is killed while it puts the flow back."""
    before = state(flow)
    one = "*/flows/%s?*" % flow
    world.post("fault/clear")
    victim = Agent(world.home)
    ended = []

    def save():
        try:
            victim.call("update_live_flow", environmentName=env, flowName=flow, description="mine")
        except (Ended, Refused) as e:
            ended.append(e)
    # The answer to the save trickles; meanwhile the flow becomes another one.
    world.post("fault", kind="slow", rate=2000, count=1, method="PATCH", path=one)
    world.post("fault", kind="hang", delayMs=60000, count=1, method="PATCH", path=one)
    t = threading.Thread(target=save, daemon=True)
    t.start()
    until = time.monotonic() + 30
    while time.monotonic() < until and \
            world.flow(flow)["definition"].get("description") != "mine":
        time.sleep(0.005)
    world.post("flow", flow=flow, edit={"by": "jana"})
    while time.monotonic() < until and not struck():
        time.sleep(0.01)
    victim.p.kill()
    t.join(20)
    world.post("fault/clear")
    notes = told(env, flow)
    tap.ok(len(notes) == 1 and notes[0]["found"] == "something else",
           "killed while it puts the flow back: it is told", notes)
    agent.call("restore_live_flow", environmentName=env, flowName=flow,
               version=notes[0]["snapshot"])
    tap.ok(state(flow) == before, "and the copy brings the flow back",
           json.dumps(state(flow))[:1500])


env, flow = find("Jana", "Trial: prices")
points("a personal flow", env, flow, [("*/flows/%s?*" % flow, "the save")])
mending(env, flow)
env, flow = find("Operations", "Customers: create everywhere")
points("a solution flow", env, flow, [("*/workflows(*)*", "the save of its row")])
agent.end()
world.close()
sys.exit(tap.end())

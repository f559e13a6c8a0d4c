#!/usr/bin/env python3
"""Servers that are killed (SIGKILL, at any moment) while they change flows in several steps.

In each round some servers test a flow through a temporary trigger, save one, put one back, or send
many runs again, and all are killed at random moments.  Then one server starts, as the next session
of a host does.  After it every flow has its own trigger, a save is what it was or what it was
meant to be, no run was sent again twice, the rest of a set is done by the same call, and nothing
is left in the journal.

B is the build directory.  KILLS is about how many are killed (make torture: 480); from 100 on also
one at each request of a test, carried out and not.  SEED repeats a run.
"""
import os
import random
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import temporary  # noqa: E402
from cli import check, end  # noqa: E402

KILLS = int(os.environ.get("KILLS", "8"))
SEED = os.environ.get("SEED", str(time.time()))
EACH = 4          # servers killed together
LONGEST = 1.4     # seconds: a little more than the longest of the calls takes here
BUTTON = {"type": "Request", "kind": "Button", "inputs": {"schema": {}}}
BROKEN = {"type": "Compose", "runAfter": {}, "inputs": "@int(triggerBody()?['n'])"}
MOST_REQUESTS = 40

rng = random.Random(SEED)
w = temporary.World()
w.tenant.set(latencyMs=15)
print("# SEED=%s" % SEED)


class Work:
    def prepare(self):
        """What the tenant is told before the call."""


class Test(Work):
    """A test through a temporary trigger: the flow is as it was."""

    def __init__(self):
        self.flow = w.flow("torture: test")
        self.before = w.definition(self.flow)

    def begin(self, agent):
        return agent.call("test_live_flow", w.arguments(self.flow))

    def after(self, agent):
        now = w.definition(self.flow)
        return now == self.before, now["triggers"]


class Save(Work):
    """A save: the old or the new one, and the next one goes as ever."""

    def __init__(self):
        self.flow, self.n = w.flow("torture: save", trigger=BUTTON), 0

    def operations(self):
        return [{"op": "set", "path": ["actions", "Keep", "inputs"], "value": "number %d" % self.n}]

    def prepare(self):
        self.before, self.n = w.definition(self.flow), self.n + 1

    def begin(self, agent):
        return agent.call("update_live_flow", w.arguments(self.flow, body=None,
                                                          operations=self.operations()))

    def after(self, agent):
        now = w.definition(self.flow)
        meant = dict(now, actions={"Keep": dict(now["actions"]["Keep"], inputs="number %d" % self.n)})
        whole = now in (self.before, meant)
        r = agent.call("update_live_flow", w.arguments(self.flow, body=None,
                                                       operations=self.operations()))
        return whole and not r.error and w.definition(self.flow) == meant, r


class Restore(Save):
    """Putting an earlier version back: the same."""

    def __init__(self):
        super().__init__()
        agent = w.agent()
        self.prepare()
        Save.begin(self, agent)
        r = agent.call("list_live_flow_versions", w.arguments(self.flow, body=None))
        self.version = [v["version"] for v in r.doc["versions"] if v["source"] == "flowlatch"][-1]
        agent.close()

    def begin(self, agent):
        return agent.call("restore_live_flow", w.arguments(self.flow, body=None,
                                                           version=self.version))

    def after(self, agent):
        now = w.definition(self.flow)
        text = str(now["actions"]["Keep"]["inputs"])
        whole = set(now["actions"]) == {"Keep"} and ("number" in text or "triggerBody" in text)
        self.n += 1
        r = agent.call("update_live_flow", w.arguments(self.flow, body=None,
                                                       operations=self.operations()))
        return whole and not r.error, r


class Bulk(Work):
    """Many runs sent again: each once in the end."""

    def __init__(self):
        self.flow = w.flow("torture: runs", trigger=BUTTON, action=BROKEN)
        self.count, self.failed = 0, []

    def all_runs(self):
        return w.tenant.flow("%s/%s/runs?api-version=2016-11-01&$top=250" % (
            w.base, self.flow)).json["value"]

    def origins(self):
        found = {}
        for r in self.all_runs():
            o = r["properties"]["trigger"]["originHistoryName"]
            if o != r["name"]:
                found[o] = found.get(o, 0) + 1
        return found

    def prepare(self):
        known = set(w.runs(self.flow))
        for i in range(9):
            w.tenant.flow("%s/%s/triggers/When_an_item_is_created/run?api-version=2016-11-01" % (
                w.base, self.flow), "POST", body={"n": "x%d" % i})
        w.until(lambda: all(r["properties"]["status"] == "Failed" for r in self.all_runs()))
        self.failed = sorted(set(w.runs(self.flow)) - known)

    def begin(self, agent):
        return agent.call("resubmit_live_flow_runs", w.arguments(
            self.flow, body=None, runs=self.failed, dryRun=False), name="torture: runs")

    def after(self, agent):
        r = self.begin(agent)
        sent = self.origins()
        return not r.error and all(sent.get(x) == 1 for x in self.failed), "%s\n%s" % (r, sent)


def silent(work, agent):
    try:
        work.begin(agent)
    except (RuntimeError, OSError, ValueError, KeyError):
        pass


def one_round(works):
    agents, talks = [], []
    for work in works:
        work.prepare()
        agents.append(w.agent())
        talks.append(threading.Thread(target=silent, args=(work, agents[-1])))
    for talk in talks:
        talk.start()
    moments = sorted((rng.uniform(0.02, LONGEST), i) for i in range(len(agents)))
    begun = time.monotonic()
    for moment, i in moments:
        time.sleep(max(0, begun + moment - time.monotonic()))
        agents[i].kill()
    for t in talks:
        t.join()
    agent = w.agent()
    recovered = w.until(lambda: w.journal() == [])
    bad = [] if recovered else ["not recovered: %s" % w.journal()]
    for work in works:
        good, detail = work.after(agent)
        if not good:
            bad.append("%s: %s" % (type(work).__name__, detail))
    if agent.close() != 0:
        bad.append(agent.err.decode())
    return bad


kinds = [Test, Save, Restore, Bulk]
works = [kind() for kind in kinds]
faults = []
for number in range(max(1, KILLS // EACH)):
    faults += ["round %d: %s" % (number, x) for x in one_round(works)]
check("%d servers killed at random moments: nothing is lost, nothing is done twice" %
      (EACH * max(1, KILLS // EACH)), not faults, "SEED=%s\n%s" % (SEED, "\n".join(faults)))
left = [e for e in w.open_entries("") if e["kind"] != "save"]
check("nothing is left in the journal but saves of which the next one tells", not left, left)


def at_each_request(kind, effect):
    """One server killed at each request that it makes, or that is carried out and not answered."""
    for step in range(MOST_REQUESTS):
        work = kind()
        work.prepare()
        w.tenant.control("fault/clear", {})
        w.fault(work.flow, "*", kind="hang", effect=effect, skip=step, count=9)
        agent = w.agent()
        talk = threading.Thread(target=silent, args=(work, agent))
        talk.start()
        w.until(lambda: w.struck() or not talk.is_alive())
        reached = w.struck()
        agent.kill()
        talk.join()
        w.tenant.control("fault/clear", {})
        agent = w.agent()
        good = w.until(lambda: w.journal() == [])
        fine, detail = work.after(agent)
        check("%s, killed at request %d%s" % (kind.__name__, step, ", carried out" if effect else ""),
              good and fine and agent.close() == 0, detail)
        if not reached:
            return


if KILLS >= 100:
    w.tenant.set(latencyMs=0)
    for kind in kinds:
        for effect in (False, True):
            at_each_request(kind, effect)
end()

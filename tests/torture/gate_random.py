#!/usr/bin/env python3
"""gate_random.py [CALLS [SEED]] - random calls against the practice tenant, with faults.

All tools, both eras, hosts with forms and without, answers of every kind, states that are old,
changed or of another call, grants, and faults of the service, of the log, of the list of spent
proofs and of the policy.  The tenant counts what it was asked to change.  What must hold:
a request that changes something arrives only when this very call had a person's yes (or a
grant that was left), at most once for each yes, never while the log or the proofs are broken,
and every one of them has a record in the log before it.  Prints TAP.
"""
import collections
import json
import os
import random
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "talk"))
from server import BUILD, Failure, Home  # noqa: E402
from talk import Talk  # noqa: E402

PROGRAM = os.path.join(BUILD, "flowlatch")
META = "io.modelcontextprotocol/"
PIN = "2468"
# How many requests one yes may bring; more than one where a save has several ways, is read back
# and put right, or a copy makes several things.
PLAN = {"update_live_flow": 4, "restore_live_flow": 4, "copy_live_flow": 6, "publish_live_flow": 2,
        "test_live_flow": 8, "recover_live_flow": 8, "set_live_flow_states": 50,
        "resubmit_live_flow_runs": 50, "cancel_live_flow_runs": 50, "import_live_flow": 6, "export_live_flow": 3,
        "set_live_flow_owners": 6, "set_live_flow_run_only_users": 6,
        "create_live_connection": 2, "respond_live_approval": 2}
STATE = ".local/state/flowlatch/profiles/default/"


class Broken(Exception):
    """A promise was broken."""


class Server:
    """One server process and the host in front of it."""

    def __init__(self, home, name, modern, form, **env):
        self.home, self.name, self.modern, self.form = home, name, modern, form
        self.caps = {"elicitation": {}} if form else {}
        self.env = dict(home.env, **env)
        self.next = 0
        self.asked = None  # (id of the question, name, arguments) that is open, legacy
        self.start()

    def start(self):
        self.p = subprocess.Popen([PROGRAM, "serve", "--config", self.home.config, "--toolsets",
                                   "all"], env=self.env,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, cwd=self.home.dir)
        if not self.modern:
            self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": self.caps,
                                        "clientInfo": {"name": "random", "version": "1"}})
            self.send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def send(self, message):
        self.p.stdin.write(json.dumps(message).encode() + b"\n")
        self.p.stdin.flush()

    def receive(self):
        line = self.p.stdout.readline()
        if not line:
            raise Broken("%s ended with %s" % (self.name, self.p.wait(5)))
        return json.loads(line)

    def request(self, method, params):
        """The answer, or the server's question in its place."""
        self.next += 1
        if self.modern:
            params = dict(params, _meta={META + "protocolVersion": "2026-07-28",
                                         META + "clientCapabilities": self.caps})
        self.send({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params})
        return self.wait()

    def wait(self):
        while True:
            m = self.receive()
            if m.get("id") == self.next and "method" not in m:
                return m
            if m.get("method") == "elicitation/create":
                return m

    def close(self):
        self.p.stdin.close()
        try:
            self.p.wait(10)
        except subprocess.TimeoutExpired:
            self.p.kill()
            raise Broken("%s does not end" % self.name) from None
        finally:
            self.p.stdout.close()


class Run:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.home = Home()
        self.home.start_tenant([])
        self.counts = collections.Counter()
        self.broken = set()  # what was made to fail: "log", "spent", "policy"
        self.writes = 0
        self.old = []        # states that were spent, declined or left lying
        self.flows = []
        self.runs = []
        self.left = 0        # calls of grants
        self.together = 0    # requests that were sent beside another
        self.approved = []   # with a code, and not yet called for
        self.last = None     # what was called, and with what
        kinds = [("modern form", True, True), ("modern bare", True, False),
                 ("legacy form", False, True), ("legacy bare", False, False)]
        self.servers = [Server(self.home, *k) for k in kinds]
        self.servers.append(Server(self.home, "autonomous", True, True,
                                   FLOWLATCH_TRUST="autonomous"))
        self.servers.append(Server(self.home, "manual", True, True, FLOWLATCH_TRUST="manual"))
        self.servers.append(Server(self.home, "read-only", False, True,
                                   FLOWLATCH_READ_ONLY="yes"))

    # ---- the world ----

    def path(self, name):
        return os.path.join(self.home.dir, STATE, name)

    def prepare(self):
        """The flows to switch, the names of all tools, the PIN."""
        ok = self.servers[0]
        listed = ok.request("tools/list", {})["result"]["tools"]
        self.tools = {t["name"]: t["inputSchema"].get("properties", {}) for t in listed}
        self.writers = sorted(t["name"] for t in listed if not t["annotations"].get("readOnlyHint")
                              and t["name"] not in ("set_live_flow_state", "apply_plan"))
        self.envs = [e["id"] for e in self.document(self.call(ok, "list_live_environments", {}))]
        for env in self.envs:
            for f in self.document(self.call(ok, "list_live_flows",
                                             {"environmentName": env, "top": 6}))["flows"]:
                self.flows.append((env, f["id"]))
        for env, flow in self.flows:
            answer = self.call(ok, "get_live_flow_runs",
                               {"environmentName": env, "flowName": flow, "top": 2})
            if self.code(answer) == "ok":
                self.runs += [r["name"] for r in self.document(answer)]
        # Own ground: neither the default environment, which voids grants, nor production.
        self.granted = next(f for f in self.flows if f[0] == self.envs[-1])
        self.one_for_sure(ok)
        self.terminal("approve --set-pin", [["New PIN", PIN], ["Once more", PIN]])

    def one_for_sure(self, server):
        """A change with a yes arrives: otherwise everything after it proves nothing."""
        env, flow = self.granted
        for state in ("Stopped", "Started"):
            arguments = {"environmentName": env, "flowName": flow, "state": state}
            answer = self.call(server, "set_live_flow_state", arguments)
            if "requestState" not in answer["result"]:
                continue
            self.call(server, "set_live_flow_state", arguments,
                      requestState=answer["result"]["requestState"],
                      inputResponses={"approve": {"action": "accept",
                                                  "content": {"decision": "approve_once"}}})
        came = self.arrived()
        if not came:
            raise Broken("a change that was agreed to did not arrive")
        self.counts["arrived"] += came

    def grant(self):
        """A few calls without a question, for the server that is trusted so far."""
        self.policy("trust = autonomous\nscope_dangerous = yes\n")
        status = self.terminal("grant --tools set_live_flow_state --environment %s --flow %s "
                               "--max-calls 5" % self.granted, [["PIN: ", PIN]])
        if status:
            raise Broken("no grant was made: %d" % status)
        self.left += 5

    def terminal(self, args, dialogue):
        talk = Talk.__new__(Talk)
        talk.home = self.home
        Talk.run_on_terminal(talk, args, dialogue)
        return talk.ran[0]

    def call(self, server, name, arguments, **more):
        self.last = (name, arguments)
        return server.request("tools/call", dict(name=name, arguments=arguments, **more))

    @staticmethod
    def document(answer):
        return json.loads(answer["result"]["content"][0]["text"])

    @staticmethod
    def code(answer):
        """error.code of a tool error, "ok", or "protocol" for an error of JSON-RPC."""
        if "error" in answer:
            return "protocol"
        if answer["result"].get("isError"):
            return json.loads(answer["result"]["content"][0]["text"])["error"]["code"]
        return "ok"

    def arrived(self):
        """How many requests that change something came since the last look."""
        now = self.home.control("GET", "stats", None)["writesCount"]
        new, self.writes = now - self.writes, now
        return new

    # ---- faults ----

    def break_something(self):
        what = self.random.choice(["log", "spent", "policy", "service", "service", "service"])
        if what == "service":
            self.home.control("POST", "fault", json.dumps(
                {"path": self.random.choice(["*", "*/start?*", "*/stop?*", "*/permissions?*",
                                             "*/flows/*"]),
                 "kind": self.random.choice(["status", "close", "truncate", "garbage"]),
                 "status": self.random.choice([400, 403, 404, 409, 500]),
                 "count": self.random.randint(1, 3),
                 "effect": self.random.random() < 0.5}))
            return
        if what in self.broken:
            return
        self.broken.add(what)
        if what == "log":
            os.rename(self.path("log"), self.path("log.away"))
            with open(self.path("log"), "w"):
                pass
        elif what == "spent":
            if os.path.exists(self.path("approvals/spent")):
                os.rename(self.path("approvals/spent"), self.path("approvals/spent.away"))
            os.makedirs(self.path("approvals/spent"), mode=0o700)
        else:
            self.policy("trust = everything\n")

    def policy(self, text):
        path = os.path.join(self.home.dir, ".config/flowlatch")
        os.makedirs(path, mode=0o700, exist_ok=True)
        with open(path + "/new", "w") as f:
            f.write(text)
        os.chmod(path + "/new", 0o600)
        os.rename(path + "/new", path + "/policy.conf")

    def mend(self):
        if "log" in self.broken:
            os.unlink(self.path("log"))
            os.rename(self.path("log.away"), self.path("log"))
        if "spent" in self.broken:
            os.rmdir(self.path("approvals/spent"))
            if os.path.exists(self.path("approvals/spent.away")):
                os.rename(self.path("approvals/spent.away"), self.path("approvals/spent"))
        if "policy" in self.broken:
            self.policy(self.random.choice(["trust = autonomous\nscope_dangerous = yes\n",
                                            "writes_per_minute = 10000\n",
                                            "[environment default]\nclass = dangerous\n"]))
        self.broken.clear()
        self.home.control("POST", "fault/clear", None)

    # ---- one call ----

    def other_change(self, env, flow):
        """Any of the other tools that change something, with arguments that may fit."""
        name = self.random.choice(self.writers)
        step = {"op": "set", "path": ["description"], "value": "Seen %d" % self.random.randrange(9)}
        trigger = {"Again": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}}
        some = self.random.choice
        known = {
            "environmentName": env, "flowName": flow, "dryRun": some([True, False]),
            "runName": some(self.runs or ["08584173836133456324137110841CU04"]),
            "displayName": "Renamed %d" % self.random.randrange(5), "description": "What it does",
            "operations": [step], "definition": {"triggers": trigger, "actions": {}},
            "body": some([{}, {"x": 1}]), "state": some(["Started", "Stopped"]),
            "connectorName": "shared_office365", "targetEnvironmentName": some(self.envs),
            "snapshot": "nonsense", "version": "nonsense", "solutionId": "nonsense",
            "approvalId": "nonsense", "response": "Approve", "owners": [], "users": [],
        }
        wanted = self.tools[name]
        arguments = {k: v for k, v in known.items() if k in wanted and self.random.random() < 0.6}
        arguments.update({k: known[k] for k in ("environmentName", "flowName", "runName")
                          if k in wanted and self.random.random() < 0.95})
        if "operations" in arguments:
            arguments.pop("definition", None)
        return name, arguments

    def a_change(self):
        env, flow = self.random.choice(self.flows + [self.granted] * 4)
        if self.writers and self.random.random() < 0.4:
            return self.other_change(env, flow)
        if self.random.random() < 0.15:
            return "cancel_live_flow_run", {"environmentName": env, "flowName": flow,
                                            "runName": "08584173836133456324137110841CU04"}
        return "set_live_flow_state", {"environmentName": env, "flowName": flow,
                                       "state": self.random.choice(["Started", "Stopped"])}

    def a_read(self):
        name = self.random.choice(sorted(self.tools))
        env, flow = self.random.choice(self.flows)
        known = {"environmentName": env, "flowName": flow, "top": 2, "view": "outline",
                 "expression": "add(1, 2)", "query": "flow", "runName": "nonsense",
                 "state": "Started", "actionName": "x"}
        arguments = {k: v for k, v in known.items()
                     if k in self.tools[name] and self.random.random() < 0.9}
        if self.random.random() < 0.1:
            arguments[self.random.choice(["confirm", "approve", "dryRun", "x"])] = True
        return name, arguments

    def content(self):
        """An answer to a form, and whether it is a yes."""
        kind = self.random.choice(["yes", "yes", "yes", "no", "cancel", "empty", "reject",
                                   "quarter", "garbage", "string"])
        content = {"yes": {"decision": "approve_once"}, "reject": {"decision": "reject"},
                   "quarter": {"decision": "approve_15m"}, "empty": {},
                   "garbage": {"decision": ["approve_once"]}, "string": "approve_once"}
        if kind in content:
            return {"action": "accept", "content": content[kind]}, kind in ("yes", "quarter")
        return {"action": {"no": "decline", "cancel": "cancel"}[kind]}, False

    def modern(self, server, name, arguments, answer):
        """Goes on after input_required; how many writes may arrive now."""
        state = answer["result"]["requestState"]
        said, yes = self.content()
        how = self.random.choice(["right", "right", "right", "tamper", "other", "old", "twice",
                                  "leave"])
        self.counts["modern " + how] += 1
        self.old.append((name, arguments, state))
        del self.old[:-50]
        if how == "leave":
            return 0
        if how == "tamper":
            at = self.random.randrange(len(state))
            swap = "A" if state[at] != "A" else "B"
            state, yes = state[:at] + swap + state[at + 1:], False
        elif how == "other":
            other = self.a_change()
            yes = yes and other == (name, arguments)
            name, arguments = other
        elif how == "old":
            old = self.random.choice(self.old)
            # An old state of the very same call may still be good: then it counts as its yes.
            yes = yes and old[:2] == (name, arguments)
            state = old[2]
        retry = {"requestState": state, "inputResponses": {"approve": said}}
        answer = self.call(server, name, arguments, **retry)
        self.counts["retry " + self.code(answer)] += 1
        if how == "twice":
            self.counts["twice " + self.code(self.call(server, name, arguments, **retry))] += 1
        return int(yes)

    def legacy(self, server, question):
        """Answers until the call ends; how many writes may arrive."""
        most = 0
        for _ in range(5):
            said, yes = self.content()
            most += yes
            ident = question["id"]
            if self.random.random() < 0.1:
                server.send({"jsonrpc": "2.0", "id": ident + "9", "result": said})
            server.send({"jsonrpc": "2.0", "id": ident, "result": said})
            if self.random.random() < 0.1:
                server.send({"jsonrpc": "2.0", "id": ident, "result":
                             {"action": "accept", "content": {"decision": "approve_once"}}})
            question = server.wait()
            if question.get("method") != "elicitation/create":
                self.counts["legacy " + self.code(question)] += 1
                return min(most, 1)
        raise Broken("asked again and again")

    def by_code(self, server, name, arguments, answer):
        """A person in a terminal, sometimes; how many writes may arrive at the repetition."""
        code = self.document(answer)["error"]["data"]["code"]
        yes = self.random.random() < 0.5
        says = [["edit", "yes"], ["PIN: ", PIN]] if yes else [["edit", "no"]]
        try:
            status = self.terminal("approve " + code, says)
        except Failure as e:
            # Where a name must be typed, "yes" is none, and no PIN is asked for.
            if "type the target's name" not in str(e):
                raise
            yes, status = False, 0
        if yes and status and not self.broken:
            raise Broken("the terminal says %d" % status)
        if self.arrived():
            raise Broken("something was sent before the call was repeated")
        if self.random.random() < 0.2:
            # What was approved may still be called for, once, until the approval expires.
            if yes:
                self.approved.append((name, arguments))
            name, arguments = self.a_change()
            yes = False
            self.counts["code other"] += 1
        answer = self.call(server, name, arguments)
        if answer.get("method"):
            return self.legacy(server, answer) + yes
        self.counts["code " + self.code(answer)] += 1
        return int(yes)

    def one(self, slow):
        server = self.random.choice(self.servers)
        change = self.random.random() < 0.6
        name, arguments = self.a_change() if change else self.a_read()
        broken = bool(self.broken)
        answer = self.call(server, name, arguments)
        most = 0
        if answer.get("method") == "elicitation/create":
            most = self.legacy(server, answer)
        elif "result" in answer and answer["result"].get("resultType") == "input_required":
            most = self.modern(server, name, arguments, answer)
        else:
            code = self.code(answer)
            self.counts["%s %s" % ("change" if change else "read", code)] += 1
            if code == "approval_required" and "code" in (
                    self.document(answer)["error"]["data"] or {}) and slow:
                most = self.by_code(server, name, arguments, answer)
        most *= PLAN.get(name, 1)
        came = self.arrived()
        by_grant = False
        if came > most and self.left and server.name == "autonomous" and \
                name == "set_live_flow_state" and \
                (arguments["environmentName"], arguments["flowName"]) == self.granted:
            self.left -= 1
            most += 1
            by_grant = True
            self.counts["by grant"] += 1
        if came > most:
            # By the code of an earlier call; approvals are for any server of the person.
            if self.last in self.approved:
                self.approved.remove(self.last)
                self.counts["by earlier code"] += 1
                most += PLAN.get(self.last[0], 1)
        self.counts["arrived"] += came
        self.counts["allowed"] += most
        # A set sends several at once, behind one record.
        if name.endswith(("_states", "_runs")) and came > 1:
            self.together += came - 1
        if came > most:
            writes = self.home.control("GET", "stats", None)["writes"]
            raise Broken("%d requests arrived, %d were agreed to: %s, %s %s: %s" %
                         (came, most, server.name, name, arguments, writes[-came:]))
        # A grant is no proof: it is counted in a file of its own.
        if came and broken and not (by_grant and self.broken == {"spent"}):
            writes = self.home.control("GET", "stats", None)["writes"]
            raise Broken("something was sent although %s is broken: %s, %s %s: %s" %
                         (sorted(self.broken), server.name, name, arguments, writes[-came:]))
        if came and server.name == "read-only":
            raise Broken("a read-only profile changed something")

    # ---- the log ----

    def records(self):
        found = []
        for name in sorted(os.listdir(self.path("log"))):
            if name.startswith("usage-"):
                with open(self.path("log/" + name)) as f:
                    found += [json.loads(line) for line in f]
        return found

    def check_log(self):
        p = subprocess.run([PROGRAM, "log", "verify", "--config", self.home.config],
                           env=self.home.env, capture_output=True, text=True)
        if p.returncode:
            raise Broken("the log does not verify: " + p.stdout + p.stderr)
        intents = [r for r in self.records() if r["ev"] == "in" and r["cls"] in "MDU"]
        if len(intents) + self.together < self.writes:
            raise Broken("%d writes, %d records before them" % (self.writes, len(intents)))
        bad = [r for r in intents if r["dec"] not in ("approved", "approved_15m", "scope", "grant")
               or not r["ch"]]
        if bad:
            raise Broken("a record without a decision: %s" % bad[0])
        return len(intents)

    def close(self):
        for s in self.servers:
            s.close()
        self.home.close()


def main():
    calls = int(sys.argv[1]) if len(sys.argv) > 1 else 400
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.SystemRandom().randrange(1 << 32)
    run = Run(seed)
    began, i = time.monotonic(), 0
    try:
        run.prepare()
        for i in range(calls):
            if run.random.random() < 0.02:
                run.break_something()
            elif run.broken and run.random.random() < 0.2:
                run.mend()
            elif run.random.random() < 0.02:
                run.home.control("POST", "fault/clear", None)
            if run.random.random() < 0.005 and not run.broken and run.left < 50:
                run.grant()
            run.one(slow=run.random.random() < (0.05 if calls > 1000 else 0.1))
        run.mend()
        intents = run.check_log()
        if run.left < 0:
            raise Broken("grants were used more often than they hold")
        run.close()
        print("ok 1 - %d random calls (seed %d): %d changes arrived, %d records before them" %
              (calls, seed, run.counts["arrived"], intents))
        status = 0
    except Exception as e:  # whatever it is, the run and its seed are told
        print("not ok 1 - call %d (seed %d): %s: %s" % (i, seed, type(e).__name__, e))
        for s in run.servers:
            s.p.kill()
        run.home.close()
        status = 1
    print("# %.0f s; %s" % (time.monotonic() - began,
                            ", ".join("%s %d" % kv for kv in sorted(run.counts.items()))))
    print("1..1")
    sys.exit(status)


if __name__ == "__main__":
    main()

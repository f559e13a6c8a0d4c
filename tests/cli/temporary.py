"""temporary.py - flows with a connector's trigger, and servers that are killed while they test one."""
import json
import os
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tenant"))
from mcphost import Agent, Desk  # noqa: E402
from cli import PATIENCE  # noqa: E402
from practice import API, POWERAPPS  # noqa: E402

SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")
SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
MARK = "Temporary trigger of a test by flowlatch"
# Requests of one test: the first PATCH puts the temporary trigger in, the second the flow's own.
SHORT = [("PATCH", 0), ("listCallbackUrl", 0), ("paths/invoke", 0), ("PATCH", 1)]


class World:
    def __init__(self):
        self.desk = Desk()
        self.tenant = self.desk.tenant
        self.env = self.tenant.environment("Operations")
        self.base = "/environments/%s/flows" % self.env
        self.connection = self._connection()
        self.started = []

    def _connection(self):
        url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
            self.tenant.ready["powerapps_url"], API, self.env)
        for c in self.tenant.pages(url, POWERAPPS)[0]:
            if c["properties"]["apiId"] == SP and \
                    c["properties"]["statuses"][0]["status"] == "Connected":
                return c["name"]
        raise KeyError(SP)

    def agent(self):
        a = Agent(self.desk)
        self.started.append(a)
        return a

    def body(self, trigger, action):
        trigger = trigger or {
            "type": "OpenApiConnection", "recurrence": {"frequency": "Minute", "interval": 3},
            "splitOn": "@triggerOutputs()?['body/value']",
            "inputs": {"host": {"apiId": SP, "connectionName": "shared_sharepointonline",
                                "operationId": "GetOnNewItems"},
                       "parameters": {"dataset": "https://x.example", "table": "t"}}}
        action = action or {"type": "Compose", "runAfter": {}, "inputs": "@triggerBody()"}
        d = {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
             "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                            "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
             "triggers": {"When_an_item_is_created": trigger}, "actions": {"Keep": action},
             "outputs": {}}
        references = {"shared_sharepointonline": {"connectionName": self.connection,
                                                  "source": "Embedded", "id": SP}}
        return d, references if "Connection" in trigger["type"] else {}

    def flow(self, name, trigger=None, action=None, state="Started"):
        d, references = self.body(trigger, action)
        a = self.tenant.flow(self.base + "?" + API, "POST", body={"properties": {
            "displayName": name, "state": state, "definition": d, "connectionReferences": references}})
        if a.status != 201:
            raise RuntimeError("%s: %s" % (name, a.body))
        return a.json["name"]

    def arguments(self, flow, body=True, **more):
        more = dict(more, environmentName=self.env, flowName=flow)
        if body is not None:
            more["body"] = {"ID": 1} if body is True else body
        return more

    def read(self, flow):
        return self.tenant.flow("%s/%s?%s" % (self.base, flow, API)).json["properties"]

    def definition(self, flow):
        return self.read(flow)["definition"]

    def has_temporary(self, flow):
        return MARK in json.dumps(self.definition(flow)["triggers"])

    def runs(self, flow):
        return [r["name"] for r in
                self.tenant.flow("%s/%s/runs?%s" % (self.base, flow, API)).json["value"]]

    def given(self, flow, run):
        r = self.tenant.flow("%s/%s/runs/%s?%s" % (self.base, flow, run, API)).json
        return self.tenant.send("GET", r["properties"]["trigger"]["outputsLink"]["uri"]).json

    def journal(self):
        """Heads of the tests that are open."""
        return self.open_entries("temporary-trigger")

    def open_entries(self, kind):
        found, place = [], self.desk.state("journal")
        for name in os.listdir(place) if os.path.isdir(place) else []:
            if name.endswith(".json"):
                try:
                    with open(os.path.join(place, name)) as f:
                        entry = json.load(f)
                    if kind in ("", entry["kind"]):
                        found.append(entry)
                except FileNotFoundError:
                    pass
        return found

    def change_journal(self, flow, change):
        place = self.desk.state("journal")
        for entry in self.journal():
            if entry["flowName"] == flow:
                with open(os.path.join(place, entry["id"] + ".json"), "w") as f:
                    json.dump(change(entry), f)

    def signature(self, flow):
        """What is secret in the callback URL that the flow's trigger of that name has over HTTP."""
        d = self.definition(flow)
        d["triggers"] = {k: {"type": "Request", "kind": "Http", "inputs": {}} for k in d["triggers"]}
        self.tenant.flow("%s/%s?%s" % (self.base, flow, API), "PATCH",
                         body={"properties": {"definition": d, "connectionReferences": {}}})
        a = self.tenant.flow("%s/%s/triggers/%s/listCallbackUrl?%s" % (
            self.base, flow, list(d["triggers"])[0], API), "POST", body={})
        return a.json["response"]["queries"]["sig"]

    def fault(self, flow, path, **rule):
        """A rule for the requests of one flow; callback URLs name it by another id."""
        known = "*%s%s" % (flow, path) if "invoke" not in path else path
        a = self.tenant.control("fault", dict(rule, path=known))
        assert a.status == 200, a.body

    def struck(self):
        """Rules that have struck."""
        return sum(r["struck"] > 0 for r in self.tenant.control("fault").json)

    def until(self, condition):
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if condition():
                return True
            time.sleep(0.05)
        return False

    def edit_later(self, flow, seconds):
        def edit():
            self.until(lambda: self.has_temporary(flow))
            p = self.read(flow)
            p["definition"]["actions"]["Theirs"] = {"type": "Compose", "inputs": 1, "runAfter": {}}
            self.tenant.flow("%s/%s?%s" % (self.base, flow, API), "PATCH", body={"properties": {
                "definition": p["definition"],
                "connectionReferences": self.body(None, None)[1]}})

        t = threading.Thread(target=edit)
        t.start()
        return t

    def kill_at_each_step(self, steps):
        """Tests one flow for each step, and kills its server there, once with and once without the
        request being carried out.  {flow: (step, effect, definition before)}"""
        killed = {}
        # A callback URL does not name its flow: those steps come alone.
        for alone in (False, True):
            killed.update(self._kill_at([
                (number, what, skip, effect) for number, (what, skip) in enumerate(steps)
                for effect in (False, True) if ("invoke" in what) == alone and
                (effect or not alone)]))
        return killed

    def _kill_at(self, steps):
        """All of them at once: each server hangs in its own request, then all are killed."""
        killed, agents, talks = {}, [], []
        self.tenant.control("fault/clear", {})
        for number, what, skip, effect in steps:
            flow = self.flow("killed %d %s" % (number, effect))
            killed[flow] = (number, effect, self.definition(flow))
            method = what if what.isupper() else ""
            self.fault(flow, "*" if method else "*%s*" % what, method=method, kind="hang",
                       effect=effect, skip=skip, count=9)
        for flow in killed:
            agents.append(self.agent())
            talks.append(threading.Thread(target=agents[-1].call,
                                          args=("test_live_flow", self.arguments(flow))))
            talks[-1].start()
        if not self.until(lambda: self.struck() >= len(steps)):
            raise RuntimeError("not every step was reached: %s" % self.tenant.control("fault").body)
        for agent in agents:
            agent.kill()
        for talk in talks:
            talk.join()
        self.tenant.control("fault/clear", {})
        return killed

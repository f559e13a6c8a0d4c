"""What the tests of the diagnosis share: flows made for one scenario, and a server to ask."""
import atexit
import copy
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, BUILD, Tenant  # noqa: E402

SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")


class Mcp:
    """flowlatch serve, on pipes."""

    def __init__(self, tenant):
        self.dir = tempfile.TemporaryDirectory(prefix="diagnose-")
        about = tenant.ready
        keys = {"cloud": "custom", "tenant": about["tenant"], "client_id": about["client_id"],
                "store": "refresh_token_file",
                "refresh_token_file": os.path.join(tenant.dir, "server_token"),
                "ca_file": about["ca_file"], "content_hosts": about["content_host"]}
        keys.update({k: v for k, v in about.items() if k.endswith("_url")})
        with open(keys["refresh_token_file"], "w", encoding="utf-8") as f:
            f.write(tenant.refresh_token)
        os.chmod(keys["refresh_token_file"], 0o600)
        conf = os.path.join(self.dir.name, "flowlatch.conf")
        with open(conf, "w", encoding="utf-8") as f:
            f.write("[profile default]\n" + "".join("%s = %s\n" % kv for kv in keys.items()))
        os.chmod(conf, 0o600)
        env = {k: v for k, v in os.environ.items()
               if k in ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")}
        env.update(HOME=self.dir.name, XDG_RUNTIME_DIR=self.dir.name, USER="talk", LOGNAME="talk")
        self.child = subprocess.Popen(
            [os.path.join(BUILD, "flowlatch"), "serve", "--config", conf, "--toolsets", "all"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, text=True, encoding="utf-8")
        atexit.register(self.end)
        self.number = 0
        self.request("initialize", protocolVersion="2025-11-25", capabilities={},
                     clientInfo={"name": "test", "version": "1"})
        self.send(method="notifications/initialized")

    def send(self, **message):
        self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.child.stdin.flush()

    def request(self, method, **params):
        self.number += 1
        self.send(id=self.number, method=method, params=params)
        for line in self.child.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                return answer.get("result") or answer
        raise RuntimeError("the server has gone")

    def call(self, tool, **arguments):
        result = self.request("tools/call", name=tool, arguments=arguments)
        if "content" not in result:
            raise RuntimeError(json.dumps(result))
        return json.loads(result["content"][0]["text"])

    def end(self):
        if self.child.poll() is None:
            self.child.stdin.close()
            self.child.wait(timeout=20)
        self.dir.cleanup()


class Bench:
    """A practice tenant in which flows are made, run and asked about."""

    def __init__(self, *options):
        self.t = Tenant(*options)
        # Its clock is moved on by months.
        self.t.set(tokenSeconds=10**7)
        self.env = self.t.environment("Operations")
        self.shift = 0
        self.mcp = Mcp(self.t)

    def later(self, seconds=240):
        """Long enough for a run that was started to be over."""
        self.shift += seconds
        self.t.set(clockShiftSeconds=self.shift)

    def path(self, flow):
        return "/environments/%s/flows/%s" % (self.env, flow)

    def make(self, name, actions, script=None, trigger=None, parameters=None):
        definition = {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
                      "parameters": parameters or {}, "outputs": {},
                      "triggers": trigger or {"manual": {"type": "Request", "kind": "Button",
                                                         "inputs": {"schema": {}}}},
                      "actions": chain(actions)}
        a = self.t.flow("/environments/%s/flows?%s" % (self.env, API), "POST", body={
            "properties": {"definition": definition, "displayName": name, "state": "Started",
                           "connectionReferences": {}}})
        if a.status != 201:
            raise RuntimeError("%s: %s" % (name, a.body))
        flow = a.json["name"]
        if script:
            self.peculiar(flow, script={"run": {"actions": script}})
        return flow, definition

    def peculiar(self, flow, **what):
        a = self.t.control("flow", dict(what, flow=flow))
        if a.status != 200:
            raise RuntimeError(a.body)

    def start(self, flow, body, wait=240):
        a = self.t.flow("%s/triggers/manual/run?%s" % (self.path(flow), API), "POST", body=body)
        if a.status != 202:
            raise RuntimeError(a.body)
        self.later(wait)
        return self.newest(flow)

    def newest(self, flow):
        return self.t.flow("%s/runs?%s&$top=1" % (self.path(flow), API)).json["value"][0]

    def diagnose(self, flow, run=None, **more):
        arguments = dict(more, environmentName=self.env, flowName=flow)
        if run:
            arguments["runName"] = run["name"]
        return self.mcp.call("diagnose_live_flow_run", **arguments)

    def mend(self, flow, definition, operations, run, wait=240):
        """Does the operations, saves, resubmits; the status of the new run."""
        new = copy.deepcopy(definition)
        for o in operations:
            if o["op"] != "set":
                raise RuntimeError("unknown operation %r" % o)
            at = new
            for key in o["path"][:-1]:
                at = at[key]
            at[o["path"][-1]] = o["value"]
        a = self.t.flow("%s?%s" % (self.path(flow), API), "PATCH", body={
            "properties": {"definition": new, "connectionReferences": {}}})
        if a.status != 200:
            return "not saved: %s" % a.body
        a = self.t.flow("%s/triggers/manual/histories/%s/resubmit?%s"
                        % (self.path(flow), run["name"], API), "POST")
        if a.status != 202:
            return "not resubmitted: %s" % a.body
        self.later(wait)
        return self.newest(flow)["properties"]["status"]


def chain(actions):
    """One after the other where nothing else is said, in containers too."""
    out, before = {}, None
    for name, action in actions.items():
        action = dict(action)
        action.setdefault("runAfter", {before: ["Succeeded"]} if before else {})
        if isinstance(action.get("actions"), dict):
            action["actions"] = chain(action["actions"])
        if isinstance(action.get("else"), dict):
            action["else"] = {"actions": chain(action["else"]["actions"])}
        out[name] = action
        before = name
    return out


def compose(inputs, **more):
    return dict(more, type="Compose", inputs=inputs)


def http(**more):
    return dict(more, type="Http", inputs={"method": "GET", "uri": "https://x.example/"})


def answers(status, body=None, headers=None):
    return {"outputs": {"statusCode": status, "headers": headers or {}, "body": body}}

"""agent.py - an agent whose person agrees to everything: flowlatch serve with a practice tenant.

For tests that look at what the service has in the end, not at what is said on the way.
"""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "talk"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, Tenant  # noqa: E402
from server import BUILD, Home  # noqa: E402

META = "io.modelcontextprotocol/"
YES = {"approve": {"action": "accept", "content": {"decision": "approve_once"}}}


class Refused(Exception):
    """A tool error: code, message, data."""

    def __init__(self, document):
        self.code = document["error"]["code"]
        self.data = document["error"].get("data") or {}
        self.document = document
        super().__init__("%s: %s" % (self.code, document["error"]["message"]))


class Ended(Exception):
    """The server is gone."""


class Agent:
    def __init__(self, home, *options):
        self.home = home
        self.questions = 0
        self.cards = []
        self.next = 0
        self.p = subprocess.Popen(
            [os.path.join(BUILD, "flowlatch"), "serve", "--toolsets", "all",
             "--config", home.config, *options], env=home.env,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=home.dir)

    def send(self, method, params):
        self.next += 1
        params = dict(params, _meta={META + "protocolVersion": "2026-07-28",
                                     META + "clientCapabilities": {"elicitation": {}}})
        message = {"jsonrpc": "2.0", "id": self.next, "method": method, "params": params}
        try:
            self.p.stdin.write(json.dumps(message).encode() + b"\n")
            self.p.stdin.flush()
        except OSError:
            raise Ended() from None

    def receive(self):
        while True:
            line = self.p.stdout.readline()
            if not line:
                raise Ended()
            m = json.loads(line)
            if m.get("id") == self.next and "method" not in m:
                return m

    def call(self, name, **arguments):
        """The result document, after as many yeses as were asked for."""
        params = {"name": name, "arguments": arguments}
        while True:
            self.send("tools/call", params)
            m = self.receive()
            if "error" in m:
                raise RuntimeError(m["error"]["message"])
            result = m["result"]
            if result.get("resultType") == "input_required" or "inputRequests" in result:
                self.questions += 1
                self.cards.append(result["inputRequests"]["approve"]["params"]["message"])
                params = dict(params, inputResponses=YES, requestState=result["requestState"])
                continue
            document = json.loads(result["content"][0]["text"])
            if result.get("isError"):
                raise Refused(document)
            self.notes = [b["text"] for b in result["content"][1:]]
            return document

    def find(self, part, name):
        """(environment, flow) ids: by a part of the environment's name, and the flow's."""
        env = next(e["id"] for e in self.call("list_live_environments")
                   if part in e["displayName"])
        flows = self.call("list_live_flows", environmentName=env, search=name)["flows"]
        return env, next(f["id"] for f in flows if f["displayName"] == name)

    def end(self):
        self.p.stdin.close()
        try:
            return self.p.wait(20)
        finally:
            self.p.stdout.close()

    def kill(self):
        self.p.kill()
        self.p.wait()
        self.p.stdin.close()
        self.p.stdout.close()


class World:
    """A home with a tenant, and what only tests may do there."""

    def __init__(self, *options):
        self.home = Home()
        self.tenant = Tenant(*options)
        about = self.home.about = self.tenant.ready
        keys = {"cloud": "custom", "tenant": about["tenant"], "client_id": about["client_id"],
                "store": "refresh_token_file", "refresh_token_file": about["refresh_token_file"],
                "ca_file": about["ca_file"], "content_hosts": about["content_host"]}
        keys.update({k: v for k, v in about.items() if k.endswith("_url")})
        self.home.config = self.home.path("flowlatch.conf")
        with open(self.home.config, "w") as f:
            f.write("[profile default]\n" + "".join("%s = %s\n" % kv for kv in keys.items()))
        os.chmod(self.home.config, 0o600)

    def post(self, where, **body):
        a = self.tenant.control(where, body)
        if a.status != 200:
            raise RuntimeError(a.body)
        return a.json

    def flow(self, name):
        """What the tenant really has of a flow."""
        return self.tenant.control("flow?flow=" + name).json

    def state(self, flow):
        """What of it a save is about."""
        v = self.flow(flow)
        return {k: v[k] for k in ("definition", "references", "displayName", "state")}

    def connection(self, env, api):
        """One more connection of a connector, signed in."""
        name = os.urandom(16).hex()
        body = {"properties": {"environment": {"name": env}, "connectionParameters": {},
                               "displayName": "One more"}}
        a = self.tenant.apps("/apis/%s/connections/%s?%s&$filter=environment%%20eq%%20'%s'" % (
            api, name, API, env), "PUT", body=body)
        if a.status not in (200, 201):
            raise RuntimeError(a.body)
        self.post("connection", connection=name, consent=True)
        return name

    def reference(self, api, connection, organization="org-fabrikam"):
        """A connection reference of Dataverse that stands for it."""
        logical = "fab_more_" + connection[:8]
        a = self.tenant.dataverse("/connectionreferences", "POST", organization, body={
            "connectionreferencelogicalname": logical, "connectionid": connection,
            "connectorid": "/providers/Microsoft.PowerApps/apis/" + api})
        if a.status != 204:
            raise RuntimeError(a.body)
        return logical

    def close(self):
        self.tenant.stop()
        self.home.close()

#!/usr/bin/env python3
"""trigger_live_flow and resubmit_live_flow_run: a table of every kind of trigger; what reaches the
flow; the new run is found; no signed URL is seen anywhere."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canaries
from mcphost import Agent, Desk
from cli import check, end
from practice import API, POWERAPPS

SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")
STRICT = {"type": "object", "required": ["order", "who"],
          "properties": {"order": {"type": "integer"}, "who": {"type": "string"}}}

desk = Desk()
t = desk.tenant
ENV = t.environment("Operations")
BASE = "/environments/%s/flows" % ENV
agent = Agent(desk)
REFERENCES = {}  # of flows with a connector's trigger
seen = []  # everything that the server said, checked at the end


def definition(trigger, actions):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
            "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                           "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
            "triggers": {"start_here": trigger}, "actions": actions, "outputs": {}}


def flow(name, trigger, actions=None, state="Started"):
    """Makes a flow in the tenant; its id."""
    actions = actions or {"Echo": {"type": "Compose", "runAfter": {}, "inputs": "@triggerOutputs()"}}
    a = t.flow(BASE + "?" + API, "POST", body={"properties": {
        "displayName": name, "state": state, "definition": definition(trigger, actions),
        "connectionReferences": REFERENCES if "Connection" in trigger["type"] else {}}})
    if a.status != 201:
        raise RuntimeError("%s: %s" % (name, a.body))
    return a.json["name"]


def runs(flow_id):
    return [r["name"] for r in t.flow("%s/%s/runs?%s" % (BASE, flow_id, API)).json["value"]]


def given(flow_id, run):
    """What the trigger of a run handed on."""
    r = t.flow("%s/%s/runs/%s?%s" % (BASE, flow_id, run, API)).json["properties"]["trigger"]
    return t.send("GET", r["outputsLink"]["uri"]).json if "outputsLink" in r else {}


def call(tool, flow_id, **arguments):
    r = agent.call(tool, dict(arguments, environmentName=ENV, flowName=flow_id))
    seen.append(json.dumps(r.raw) + "\n".join(r.questions))
    return r


def request(kind="Http", **inputs):
    return {"type": "Request", "kind": kind, "inputs": inputs}


SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"


def connection():
    url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], API, ENV)
    for c in t.pages(url, POWERAPPS)[0]:
        if c["properties"]["apiId"] == SP and c["properties"]["statuses"][0]["status"] == "Connected":
            return c["name"]
    raise KeyError(SP)


def connector(type, operation="GetOnNewItems", **more):
    return dict({"type": type, "inputs": {"host": {
        "apiId": SP, "connectionName": "shared_sharepointonline", "operationId": operation},
        "parameters": {"dataset": "https://x.example", "table": "t"}}}, **more)


REFERENCES["shared_sharepointonline"] = {"connectionName": connection(), "source": "Embedded", "id": SP}
ANSWER = {"Response": {"type": "Response", "kind": "Http", "runAfter": {}, "inputs": {
    "statusCode": 404, "body": {"said": "@triggerBody()?['who']"}}}}
BODY = {"order": 7, "who": "Jana"}

# Kinds that run: trigger, arguments, and what is expected of the result and of the new run.
RUN = {
    "HTTP with a schema": (request(schema=STRICT), {"body": BODY},
                           {"invocation": "callbackUrl", "authType": "All", "requiresAadAuth": False,
                            "responseStatus": 202, "warning": None}, BODY),
    "HTTP with an answer": (request(schema=STRICT), {"body": BODY},
                            {"responseStatus": 404, "responseBody": {"said": "Jana"}}, BODY),
    "HTTP without a body": (request(), {}, {"invocation": "callbackUrl", "warning": None}, {}),
    "HTTP for the tenant": (request(triggerAuthenticationType="Tenant"), {"body": BODY},
                            {"authType": "Tenant", "requiresAadAuth": True}, BODY),
    "HTTP for anyone": (request(triggerAuthenticationType="All"), {"body": BODY},
                        {"authType": "All", "requiresAadAuth": False}, BODY),
    "HTTP with another method": (request(method="PUT"), {"body": BODY}, {}, BODY),
    "HTTP with a path": (request(relativePath="/orders/{order}/of/{who}", method="POST"),
                         {"body": {"x": 1}, "parameters": {"order": 7, "who": "a b/ü", "q": "1&2"}},
                         {}, {"x": 1}),
    "button": (request("Button", schema=STRICT), {"body": BODY},
               {"invocation": "run", "triggerUrl": None, "authType": "Owner"}, BODY),
    "Power Apps": (request("PowerApp", schema=STRICT), {"body": BODY}, {"invocation": "run"}, BODY),
    "Power Apps V2": (request("PowerAppV2", schema=STRICT), {"body": BODY}, {"invocation": "run"}, BODY),
    "agent": (request("Skills", schema=STRICT), {"body": BODY}, {"invocation": "run"}, BODY),
    "virtual agent": (request("VirtualAgent", schema=STRICT), {"body": BODY}, {"invocation": "run"}, BODY),
    "Power Pages": (request("PowerPages", schema=STRICT), {"body": BODY}, {"invocation": "run"}, BODY),
    "recurrence": ({"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}}, {},
                   {"invocation": "run", "triggerKind": None, "responseStatus": 202}, None),
}
for name, (trigger, arguments, expected, body) in RUN.items():
    f = flow(name, trigger, ANSWER if name == "HTTP with an answer" else None)
    before = runs(f)
    r = call("trigger_live_flow", f, **arguments)
    new = [x for x in runs(f) if x not in before]
    d = r.doc
    good = not r.error and len(new) == 1 and d.get("runName") == new[0] and \
        d["triggerName"] == "start_here" and d["flowKey"] == "%s.%s" % (ENV, f) and \
        len(r.questions) == 1 and all(d.get(k) == v for k, v in expected.items()) and \
        d["next"]["tool"] == "wait_for_live_flow_run" and d["next"]["arguments"]["runName"] == new[0]
    check("%s: runs, and the run is named" % name, good, "%s\n%s" % (new, r))
    if new and body is not None:
        out = given(f, new[0])
        check("%s: the flow gets the body as JSON" % name,
              out.get("body") == body and out["headers"]["Content-Type"] == "application/json", out)
    if name == "HTTP with a path":
        check("the path's parameters, encoded and put in their places",
              out.get("relativePathParameters") == {"order": "7", "who": "a b/ü"} and
              out.get("queries", {}).get("q") == "1&2", out)
    if d.get("triggerUrl"):
        check("%s: of the URL only host and path" % name, d["triggerUrl"].startswith("https://") and
              d["triggerUrl"].partition("?")[2].startswith("[REDACTED:") and "/paths/invoke" in d["triggerUrl"], d)

# A trigger that checks its schema says no, and no run is there.
f = flow("strict", dict(request(schema=STRICT), operationOptions="EnableSchemaValidation"))
r = call("trigger_live_flow", f, body={"who": "Jana"})
check("missing inputs: a person sees it before anything is sent",
      'Required inputs are missing: "order".' in r.questions[0], r)
check("missing inputs: the error says which", 'Required inputs are missing: "order".' in r.doc["hint"], r)
check("a body that does not fit the schema is the service's error", r.error and
      r.doc["error"]["data"]["serviceCode"] == "TriggerInputSchemaMismatch" and runs(f) == [], r)

# A trigger that does not check: the run starts, and the result warns.
f = flow("lenient", request(schema=dict(STRICT, properties={})))
t.control("fault", {"path": "*/%s/triggers/*/listCallbackUrl*" % f, "status": 200, "count": 1,
                    "body": {"response": {"value": t.flow("%s/%s/triggers/start_here/listCallbackUrl?%s" % (
                        BASE, flow("lenient 2", request()), API), "POST", body={}).json["response"]["value"]}}})
r = call("trigger_live_flow", f, body={"who": "Jana"})
check("missing inputs: the result warns", not r.error and
      r.doc["warning"] == 'Required inputs are missing: "order".', r)

# Kinds that do not: nothing is asked, nothing is sent, and there is a way.
NO = {"polling connector": connector("OpenApiConnection", recurrence={"frequency": "Minute", "interval": 3}),
      "webhook connector": connector("OpenApiConnectionWebhook"),
      "notification connector": connector("OpenApiConnectionNotification"),
      "old polling connector": connector("ApiConnection", recurrence={"frequency": "Minute", "interval": 3}),
      "old webhook connector": connector("ApiConnectionWebhook"),
      "HTTP polling": {"type": "Http", "recurrence": {"frequency": "Minute", "interval": 3},
                       "inputs": {"method": "GET", "uri": "https://x.example"}},
      "HTTP webhook": {"type": "HttpWebhook", "inputs": {"subscribe": {
          "method": "POST", "uri": "https://x.example"}, "unsubscribe": {}}},
      "for a selected item": request("ApiConnection")}
for name, trigger in NO.items():
    try:
        f = flow(name, trigger, state="Stopped")
    except RuntimeError as e:
        check("%s: the tenant takes it" % name, False, e)
        continue
    r = call("trigger_live_flow", f)
    check("%s: cleanly refused, with the way" % name, r.code == "not_available" and not r.questions and
          "test_live_flow" in r.doc["hint"] and "rehearse_live_flow" in r.doc["hint"], r)

r = call("trigger_live_flow", flow("recurrence 2", RUN["recurrence"][0]), body={"a": 1})
check("recurrence: a body is refused", r.code == "invalid_argument" and not r.questions, r)
r = call("trigger_live_flow", flow("off", request(), state="Stopped"))
check("a flow that is off is not started", r.code == "conflict" and not r.questions and
      r.doc["next"] == {"tool": "set_live_flow_state", "arguments": dict(
          r.doc["next"]["arguments"], state="Started")}, r)
r = call("trigger_live_flow", flow("path", request(relativePath="a/{b}")), parameters={"c": "d"})
check("a missing path parameter is told", r.code == "invalid_argument" and '"b"' in r.doc["error"]["message"], r)
r = call("trigger_live_flow", flow("get", request(method="GET")), body={"c": "d"})
check("GET takes no body", r.code == "invalid_argument" and not r.questions, r)
f = flow("get 2", request(method="GET"))
r = call("trigger_live_flow", f, parameters={"c": "d"})
check("GET with a query", not r.error and given(f, r.doc["runName"])["queries"]["c"] == "d", r)
r = agent.call("trigger_live_flow", {"environmentName": ENV, "flowName": f}, decide="decline")
check("declined is not sent", r.code == "declined" and len(runs(f)) == 1, r)

# An answer that got lost after the run was started: found by a look.
f = flow("lost", request("Button"))
t.control("fault", {"path": "*/%s/triggers/*/run?*" % f, "kind": "close", "effect": True})
r = call("trigger_live_flow", f)
check("a lost answer is settled by a look", not r.error and r.doc["runName"] in runs(f) and
      "No answer came" in r.doc["warning"] and r.doc["responseStatus"] is None, r)
f = flow("lost url", request())
t.control("fault", {"path": "*/paths/invoke*", "kind": "close", "effect": True})
r = call("trigger_live_flow", f)
check("the same with a callback URL, and nothing is sent twice", not r.error and
      runs(f) == [r.doc["runName"]], r)

# Resubmit.
f = flow("again", request(schema=STRICT))
first = call("trigger_live_flow", f, body=BODY).doc["runName"]
other = call("trigger_live_flow", f, body={"order": 8, "who": "Piet"}).doc["runName"]
r = call("resubmit_live_flow_run", f, runName=first)
new = [x for x in runs(f) if x not in (first, other)]
check("resubmit: the new run is named", not r.error and r.doc["resubmitted"] is True and
      new == [r.doc["runName"]] and r.doc["triggerName"] == "start_here" and
      r.doc["originalRunName"] == first and r.doc["next"]["tool"] == "wait_for_live_flow_run" and
      "done a second time" in r.questions[0], r)
check("resubmit: with what the trigger gave then", given(f, new[0])["body"] == BODY, given(f, new[0]))
f = flow("recurrence 3", RUN["recurrence"][0])
first = call("trigger_live_flow", f).doc["runName"]
r = call("resubmit_live_flow_run", f, runName=first)
check("resubmit: any trigger type", not r.error and r.doc["runName"] in runs(f) and
      r.doc["runName"] != first, r)
r = call("resubmit_live_flow_run", f, runName="08584173836133456324137110841CU04")
check("resubmit: a run that is not there", r.code == "not_found" and not r.questions, r)

# No signature anywhere: outputs, questions, logs, files.
signatures = {}
for item in t.flows(ENV):
    for kind in ("start_here", "manual"):
        a = t.flow("%s/%s/triggers/%s/listCallbackUrl?%s" % (BASE, item["name"], kind, API), "POST", body={})
        if a.status == 200:
            signatures["%s/%s" % (item["name"], kind)] = a.json["response"]["queries"]["sig"]
check("there are signatures to look for", len(signatures) >= 8, signatures)
check("it ends well", agent.close() == 0, agent.err.decode())
places = dict(canaries.files(desk.home.path), stdout=agent.out, stderr=agent.err,
              answers="\n".join(seen).encode())
check("no signature in any output, log, snapshot or error", not canaries.search(signatures, places),
      canaries.search(signatures, places))
check("and no word of one", b"sig=" not in agent.out + agent.err, "")
end()

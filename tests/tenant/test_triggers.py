#!/usr/bin/env python3
"""How each kind of trigger is started from outside, and how it refuses."""
import base64
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, POWERAPPS, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
BASE = "/environments/%s/flows" % PROD
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def made(trigger):
    d = {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
         "2016-06-01/workflowdefinition.json#", "contentVersion": "1.0.0.0",
         "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                        "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
         "triggers": {"manual": trigger},
         "actions": {"See": {"type": "Compose", "inputs": "@triggerBody()", "runAfter": {}}}}
    a = t.flow(BASE + "?" + API, "POST", body={"properties": {"displayName": "T", "definition": d}})
    assert a.status == 201, a.body
    return "%s/%s" % (BASE, a.json["name"])


def runs(one):
    return t.flow(one + "/runs?" + API).json["value"]


def seen(one, number=0):
    """What the newest run saw of the trigger's body."""
    t.set(clockShiftSeconds=5)
    name = runs(one)[number]["name"]
    p = t.flow("%s/runs/%s/actions/See?%s" % (one, name, API)).json["properties"]
    t.set(clockShiftSeconds=0)
    return t.send("GET", p["outputsLink"]["uri"]).json if "outputsLink" in p else None


def address(one):
    return t.flow(one + "/triggers/manual/listCallbackUrl?" + API, "POST", body={})


def request(kind=None, **inputs):
    trigger = {"type": "Request", "inputs": dict({"schema": SCHEMA}, **inputs)}
    if kind:
        trigger["kind"] = kind
    return trigger


def http():
    one = made(request("Http"))
    url = address(one).json["response"]["value"]
    a = t.send("POST", url, {"n": 1})
    tap.ok(a.status == 202 and a.headers["x-ms-workflow-run-id"] == runs(one)[0]["name"] and
           seen(one) == {"n": 1}, "a callback URL starts a run", a.body)
    a = t.send("POST", url, {"n": "one"})
    tap.ok(a.status == 400 and a.code == "TriggerInputSchemaMismatch", "JSON must fit the schema",
           a.body)
    a = t.send("POST", url, b"{", {"Content-Type": "application/json"})
    tap.eq(a.status, 400, "and be JSON")
    a = t.send("POST", url, b"n=one", {"Content-Type": "text/plain"})
    tap.ok(a.status == 202 and seen(one) == "n=one", "text is a string, without a schema", a.body)
    a = t.send("POST", url, b"\x00\x01", {"Content-Type": "application/octet-stream"})
    tap.eq(seen(one), {"$content-type": "application/octet-stream",
                       "$content": base64.b64encode(b"\x00\x01").decode()}, "all else is content")
    tap.eq(t.send("POST", url.replace("sig=", "sig=x"), {"n": 1}).status, 401, "a wrong signature")
    tap.eq(t.send("POST", url.split("&sig=")[0], {"n": 1}).code, "DirectApiAuthorizationRequired",
           "none")
    tap.eq(t.send("POST", url, {"n": 1}, {"Authorization": "Bearer " + t.token(FLOW)}).code,
           "DirectApiRequestHasMoreThanOneAuthorization", "a signature and a bearer")
    t.flow(one + "/stop?" + API, "POST")
    tap.eq(t.send("POST", url, {"n": 1}).code, "WorkflowTriggerIsNotEnabled", "switched off")
    tap.eq(len(runs(one)), 3, "no refusal left a run")
    old = made(request())
    tap.eq(address(old).status, 200, "a trigger without a kind has an address")


def people():
    bearer = {"Authorization": "Bearer " + t.token(FLOW)}
    for who, allowed, status in (("Tenant", "", 202), ("SpecificUsers", "jana.novak@fabrikam.example",
                                                       202),
                                 ("SpecificUsers", "piet.devries@fabrikam.example", 401)):
        one = made(request("Http", triggerAuthenticationType=who, triggerAllowedUsers=allowed))
        url = address(one).json["response"]["value"]
        bare = url.split("&sp=")[0]
        a = t.send("POST", bare, {"n": 1}, bearer)
        tap.eq((a.status, a.json["error"]["code"] if a.status != 202 else None),
               (status, None if status == 202 else "MisMatchingOAuthClaims"),
               "%s %s" % (who, allowed))
        tap.eq(t.send("POST", bare, {"n": 1}).code, "DirectApiAuthorizationRequired",
               "not without a bearer")
        tap.eq(t.send("POST", bare, {"n": 1}, {"Authorization": "Bearer " + t.token(POWERAPPS)}).code,
               "InvalidAuthenticationAudience", "nor with one for another service")


def portal():
    for kind in ("Button", "PowerApp", "PowerAppV2", "Skills", "VirtualAgent"):
        one = made(request(kind))
        a = address(one)
        tap.ok(a.status == 400 and "blocked for triggers of type 'Request'" in
               a.json["error"]["message"], kind + ": no address", a.body)
        a = t.flow(one + "/triggers/manual/run?" + API, "POST", body={"n": 7})
        tap.ok(a.status == 202 and seen(one) == {"n": 7}, kind + ": run with inputs", a.body)
        a = t.flow(one + "/triggers/manual/run?" + API, "POST", body={"n": "x"})
        tap.eq((a.code, len(runs(one))), ("TriggerInputSchemaMismatch", 1), kind + ": that fit")


def others():
    one = made({"type": "Recurrence", "recurrence": {"frequency": "Day", "interval": 1}})
    a = t.flow(one + "/triggers/manual/run?" + API, "POST", body={})
    tap.ok(a.status == 202 and len(runs(one)) == 1, "a recurrence fires now", a.body)
    tap.eq(address(one).status, 400, "and has no address")
    name = runs(one)[0]["name"]
    a = t.flow("%s/triggers/manual/histories/%s/resubmit?%s" % (one, name, API), "POST")
    now = runs(one)
    tap.ok(a.status == 202 and not a.body and len(now) == 2 and now[0]["name"] != name,
           "resubmit gives a new run", now)
    tap.eq(t.flow("%s/triggers/other/run?%s" % (one, API), "POST", body={}).code,
           "WorkflowTriggerNotFound", "no such trigger")
    one = made(request("Http"))
    a = t.flow(one + "/triggers/manual/run?" + API, "POST", body={"n": 1})
    tap.ok(a.status == 202 and not seen(one), "an HTTP trigger that is run gets no inputs", a.body)


http()
people()
portal()
others()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

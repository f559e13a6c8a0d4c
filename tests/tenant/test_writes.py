#!/usr/bin/env python3
"""Saving, switching, sharing and deleting flows, here and in Dataverse, and the count of writes."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, POWERAPPS, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
BASE = "/environments/%s/flows" % PROD
SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")
SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"


def mine(api):
    url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], API, PROD)
    for c in t.pages(url, POWERAPPS)[0]:
        if c["properties"]["apiId"].endswith(api) and \
                c["properties"]["statuses"][0]["status"] == "Connected":
            return c["name"]
    raise KeyError(api)


def definition(**more):
    d = {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
         "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                        "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
         "triggers": {"manual": {"type": "Request", "kind": "Button",
                                 "inputs": {"schema": {"type": "object"}}}},
         "actions": {"Get": {"type": "OpenApiConnection", "runAfter": {}, "inputs": {
             "host": {"apiId": SP, "connectionName": "shared_sharepointonline",
                      "operationId": "GetItems"},
             "parameters": {"dataset": "https://x", "table": "y"}}}},
         "outputs": {}}
    d.update(more)
    return d


def references(connection):
    return {"shared_sharepointonline": {"connectionName": connection, "source": "Embedded",
                                        "id": SP}}


def body(d, connection=None, **more):
    p = {"definition": d}
    if connection:
        p["connectionReferences"] = references(connection)
    p.update(more)
    return {"properties": p}


def saving():
    sp = mine("shared_sharepointonline")
    a = t.flow(BASE + "?" + API, "POST", body=body(definition(), sp, displayName="New one",
                                                   state="Stopped"))
    made = a.json
    tap.ok(a.status == 201 and made["properties"]["state"] == "Stopped" and
           made["properties"]["displayName"] == "New one", "create", a.body)
    one = "%s/%s" % (BASE, made["name"])
    got = t.flow(one + "?" + API).json["properties"]
    tap.ok(got["definition"]["actions"]["Get"]["inputs"]["authentication"] ==
           "@parameters('$authentication')", "reading puts authentication in")
    reference = got["connectionReferences"]["shared_sharepointonline"]
    tap.ok(reference["connectionName"] == sp and reference["displayName"] == "SharePoint",
           "and the runtime form of references")
    changed = definition()
    changed["actions"]["Then"] = {"type": "Compose", "inputs": 1.0, "runAfter": {"Get": ["Succeeded"]}}
    changed["actions"]["Then"]["inputs"] = {"big": 12345678901234567890, "z": 1, "a": 2}
    a = t.flow(one + "?" + API, "PATCH", body=body(changed, sp, displayName="Renamed"))
    got = json.loads(t.flow(one + "?" + API).body)["properties"]
    tap.ok(a.status == 200 and got["displayName"] == "Renamed" and
           list(got["definition"]["actions"]["Then"]["inputs"]) == ["big", "z", "a"] and
           got["definition"]["actions"]["Then"]["inputs"]["big"] == 12345678901234567890,
           "update keeps order and numbers")
    for what, b, status, code, words in (
            ("authentication", got["definition"], 400, "InvalidOpenApiFlow",
             "should not have the property 'authentication'"),
            ("no references", changed, 400, "InvalidOpenApiFlow", "could not be found for the "
             "operation 'Get'"),
            ("no $authentication", dict(changed, parameters={}), 400, "InvalidTemplate",
             "$authentication"),
            ("no actions", {"triggers": {}}, 400, "InvalidTemplate", "'actions'"),
            ("snake case", definition(actions={"A": {"type": "Compose", "inputs": 1,
                                                     "run_after": {}}}), 400,
             "InvalidRequestContent", "Could not find member 'run_after'"),
            ("dangling runAfter", definition(actions={"A": {"type": "Compose", "inputs": 1,
                                                            "runAfter": {"B": ["Succeeded"]}}}),
             400, "InvalidTemplate", "non-existent action: 'B'"),
            ("unknown operation", json.loads(json.dumps(changed).replace("GetItems", "GetItms")),
             400, "InvalidOpenApiFlow", "API operation 'GetItms' could not be found")):
        a = t.flow(one + "?" + API, "PATCH",
                   body=body(b, None if what == "no references" else sp))
        tap.ok(a.status == status and a.code == code and words in a.json["error"]["message"],
               "refused: " + what, a.body)
    a = t.flow(one + "?" + API, "PATCH", body={"properties": {"displayName": "Only a name"}})
    tap.eq(a.status, 400, "a PATCH without a definition is refused")
    a = t.flow(one + "?" + API, "PATCH", body=b"{not json")
    tap.eq(a.code, "InvalidRequestContent", "no JSON")
    url = "%s/providers/Microsoft.PowerApps/scopes/admin/environments/%s/connections?%s" % (
        t.ready["powerapps_url"], PROD, API)
    t.set(admin=True)
    t.tokens.clear()
    foreign = next(c["name"] for c in t.pages(url, POWERAPPS)[0]
                   if c["properties"]["createdBy"]["displayName"] == "Olav Berg")
    t.set(admin=False)
    t.tokens.clear()
    a = t.flow(one + "?" + API, "PATCH", body=body(changed, foreign))
    tap.ok(a.status == 403 and a.code == "ConnectionAuthorizationFailed", "another's connection")
    a = t.flow(one + "/checkFlowErrors?" + API, "POST", body=body(changed))
    tap.ok(a.status == 200 and len(a.json) == 1, "the checker finds what a save would refuse")
    a = t.flow(one + "/checkFlowErrors?" + API, "POST", body=body(changed, sp))
    tap.eq(a.json, [], "and is silent otherwise")
    guid = "11111111-2222-4333-8444-555555555555"
    a = t.flow("%s/%s?%s" % (BASE, guid, API), "PUT", body=body(definition(), sp,
                                                                displayName="Put"))
    tap.ok(a.status == 201 and a.json["name"] == guid, "PUT with a new id creates")
    return made["name"]


def old_runs_stay():
    name = t.flow_named(PROD, "Order intake Oslo")
    one = "%s/%s" % (BASE, name)
    run = t.flow(one + "/runs?" + API).json["value"][0]["name"]
    before = t.flow("%s/runs/%s/actions?%s" % (one, run, API)).json["value"]
    p = t.flow(one + "?" + API).json["properties"]
    d = p["definition"]
    for step in list(d["triggers"].values()) + list(d["actions"].values()):
        step["inputs"] = step.get("inputs", {})
        if isinstance(step["inputs"], dict):
            step["inputs"].pop("authentication", None)
    for step in d["actions"]["For_each_tag"]["actions"].values():
        step["inputs"].pop("authentication")
    d["actions"]["For_each_tag"].pop("inputs")
    d["actions"]["Extra"] = {"type": "Compose", "inputs": "x", "runAfter": {}}
    a = t.flow(one + "?" + API, "PATCH", body={"properties": {
        "definition": d, "connectionReferences": p["connectionReferences"]}})
    tap.eq(a.status, 200, "a round trip of a seeded flow")
    after = t.flow("%s/runs/%s/actions?%s" % (one, run, API)).json["value"]
    tap.eq([x["name"] for x in after], [x["name"] for x in before], "old runs keep their definition")
    trigger = list(d["triggers"])[0]
    t.flow("%s/triggers/%s/histories/%s/resubmit?%s" % (one, trigger, run, API), "POST")
    new = t.flow(one + "/runs?" + API).json["value"][0]["name"]
    acts = t.flow("%s/runs/%s/actions?%s" % (one, new, API)).json["value"]
    tap.ok("Extra" in [x["name"] for x in acts], "new ones have the new")


def switching(name):
    one = "%s/%s" % (BASE, name)
    tap.eq(t.flow(one + "/start?" + API, "POST").status, 200, "start")
    tap.eq(t.flow(one + "?" + API).json["properties"]["state"], "Started", "started")
    tap.eq(t.flow(one + "/stop?" + API, "POST", body={}).status, 200, "stop")
    tap.eq(t.flow(one + "?" + API).json["properties"]["state"], "Stopped", "stopped")
    a = t.flow(one + "/triggers/manual/run?" + API, "POST", body={})
    tap.eq(a.code, "WorkflowTriggerIsNotEnabled", "a stopped flow does not run")
    draft = t.flow_named(PROD, "Scans to text, next version")
    a = t.flow("%s/%s/start?%s" % (BASE, draft, API), "POST")
    tap.eq(a.code, "CannotStartUnpublishedSolutionFlow", "a draft does not start")
    tap.eq(t.flow("%s/%s/publish?%s" % (BASE, draft, API), "POST").status, 200, "publish")
    tap.eq(t.flow("%s/%s/start?%s" % (BASE, draft, API), "POST").status, 200, "then it does")
    held = t.flow_named(PROD, "Supplier scoring")
    a = t.flow("%s/%s/start?%s" % (BASE, held, API), "POST")
    tap.ok(a.status == 400 and "CompanyDlpViolation" in a.json["error"]["message"],
           "a flow held by a data policy does not", a.body)


def sharing(name):
    one = "%s/%s" % (BASE, name)
    people = {p["fullname"]: p["azureactivedirectoryobjectid"]
              for p in t.dataverse("/systemusers?$select=fullname,azureactivedirectoryobjectid")
              .json["value"]}
    put = {"put": [{"properties": {"principal": {"id": people["Piet de Vries"], "type": "User"},
                                   "roleName": "CanEdit"}}]}
    tap.eq(t.flow(one + "/modifyPermissions?" + API, "POST", body=put).status, 200, "share")
    roles = {p["properties"]["principal"]["id"]: p["properties"]["roleName"]
             for p in t.flow(one + "/permissions?" + API).json["value"]}
    tap.eq(roles.get(people["Piet de Vries"]), "CanEdit", "shared")
    users = {"put": [{"properties": {"principal": {"id": people["Nadia Haddad"], "type": "User"}}}]}
    t.flow(one + "/modifyUsers?" + API, "POST", body=users)
    tap.eq(len(t.flow(one + "/users?" + API).json["value"]), 1, "run-only users are apart")
    tap.eq(len(t.flow(one + "/owners?" + API).json["value"]), 2, "from owners")
    t.flow(one + "/modifyPermissions?" + API, "POST",
           body={"delete": [{"id": people["Piet de Vries"]}]})
    tap.eq(len(t.flow(one + "/owners?" + API).json["value"]), 1, "unshare")
    a = t.flow(one + "/modifyPermissions?" + API, "POST",
               body={"put": [{"properties": {"principal": {"id": "nobody", "type": "User"}}}]})
    tap.eq(a.status, 400, "not with nobody")


def deleting(name):
    one = "%s/%s" % (BASE, name)
    tap.eq(t.flow(one + "?" + API, "DELETE").status, 200, "delete")
    tap.eq(t.flow(one + "?" + API).code, "FlowNotFound", "it is gone")
    tap.eq(t.flow(one + "?" + API, "DELETE").status, 204, "deleting nothing is 204")
    t.set(admin=True)
    t.tokens.clear()
    url = "/scopes/admin/environments/%s/v2/flows?%s&$top=250&include=softDeletedFlows" % (PROD, API)
    state = {f["name"]: f["properties"]["state"] for f in t.flow(url).json["value"]}
    tap.eq(state.get(name), "Deleted", "an administrator still sees it")
    a = t.flow("/scopes/admin%s/restore?%s" % (one, API), "POST")
    tap.ok(a.status == 200 and t.flow(one + "?" + API).status == 200, "and brings it back")
    t.set(admin=False)
    t.tokens.clear()


def dataverse():
    data = {"properties": {"connectionReferences": {"shared_sharepointonline": {
        "runtimeSource": "embedded", "connection": {
            "connectionReferenceLogicalName": "fab_sharedsharepointonline_2f1c0"},
        "api": {"name": "shared_sharepointonline"}}}, "definition": definition()},
        "schemaVersion": "1.0.0.0"}
    row = {"category": 5, "name": "From Dataverse", "type": 1, "primaryentity": "none",
           "clientdata": json.dumps(data)}
    a = t.dataverse("/workflows", "POST", body=row,
                    headers={"MSCRM.SolutionUniqueName": "FabrikamOperations"})
    link = a.headers["OData-EntityId"]
    wid = link[link.index("(") + 1:-1]
    tap.ok(a.status == 204 and not a.body, "create a row", a.body)
    got = t.flow("%s/%s?%s" % (BASE, wid, API)).json["properties"]
    tap.ok(got["workflowEntityId"] == wid and got["state"] == "Stopped" and
           got["connectionReferences"]["shared_sharepointonline"]["connectionReferenceLogicalName"]
           == "fab_sharedsharepointonline_2f1c0", "the flow host has it, by its row's id")
    path = "/workflows(%s)" % wid
    tap.eq(t.dataverse(path, "PATCH", body={"statecode": 1}, headers={"If-Match": "*"}).status, 204,
           "switch on")
    tap.eq(t.dataverse(path + "?$select=statecode").json["statecode"], 1, "it is on")
    back = json.loads(t.dataverse(path + "?$select=clientdata").json["clientdata"])
    tap.ok(back == data, "clientdata comes back as it was")
    broken = json.loads(json.dumps(data))
    broken["properties"]["definition"]["actions"]["Get"]["inputs"]["authentication"] = "x"
    a = t.dataverse(path, "PATCH", body={"clientdata": json.dumps(broken)})
    inner = a.json["error"]["message"]
    tap.ok(a.code == "0x80060467" and "WorkflowRunActionInputsInvalidProperty" in inner and
           '{"error":{"code":"InvalidOpenApiFlow"' in inner, "a refused save, with JSON inside",
           a.body)
    a = t.flow("%s/%s?%s" % (BASE, wid, API), "PATCH",
               body=body(broken["properties"]["definition"], mine("shared_sharepointonline")))
    tap.ok("Request to XRM API failed" in a.json["error"]["message"] and
           "0x80060467" in a.json["error"]["message"], "the flow host wraps it once more", a.body)
    a = t.dataverse(path, "PATCH", body={"name": "x"}, headers={"If-Match": 'W/"1"'})
    tap.ok(a.status == 412 and a.code == "0x80060882", "an old version is refused")
    gone = "/workflows(99999999-2222-4333-8444-555555555555)"
    tap.eq(t.dataverse(gone, "PATCH", body={"name": "x"}, headers={"If-Match": "*"}).status, 404,
           "If-Match keeps a PATCH from making a row")
    tap.eq(t.dataverse(path, "DELETE").status, 204, "delete the row")
    tap.eq(t.flow("%s/%s?%s" % (BASE, wid, API)).code, "FlowNotFound", "and the flow")
    refs = t.dataverse("/connectionreferences?$select=connectionreferenceid,connectionid,"
                       "connectionreferencelogicalname").json["value"]
    unbound = next(r for r in refs if r["connectionid"] is None)
    url = "/connectionreferences(%s)" % unbound["connectionreferenceid"]
    a = t.dataverse(url, "PATCH", body={"connectionid": mine("shared_onedriveforbusiness")})
    tap.ok(a.status == 204 and t.dataverse(url).json["connectionid"], "bind a reference")
    sol = t.dataverse("/solutions?$filter=uniquename%20eq%20'FabrikamOperations'").json["value"][0]
    parts = t.dataverse("/solutioncomponents?$filter=_solutionid_value%20eq%20" +
                        sol["solutionid"] + "%20and%20componenttype%20eq%2029").json["value"]
    tap.ok(len(parts) >= 7, "components of a solution", len(parts))
    plain = t.flow_named(PROD, "Purchase approval")
    a = t.api("POST", "%s/providers/Microsoft.Flow/environments/%s/solutions/%s/migrateFlows?%s" % (
        t.ready["flow_url"], PROD, sol["solutionid"], API), body={"flowsToMigrate": [plain]})
    p = t.flow("%s/%s?%s" % (BASE, plain, API)).json["properties"]
    tap.ok(a.status == 200 and p["workflowEntityId"], "add a flow to a solution", a.body)


def counting():
    t.control("stats/reset", {})
    name = t.flow_named(PROD, "Vacation request")
    one = "%s/%s" % (BASE, name)
    t.flow(one + "/stop?" + API, "POST", body={})
    t.control("fault", {"kind": "close", "effect": True, "method": "POST", "path": "*/start?*"})
    try:
        t.flow(one + "/start?" + API, "POST", body={})
        tap.ok(False, "the connection ends")
    except OSError:
        tap.ok(True, "the connection ends")
    except Exception as e:  # http.client has its own kind
        tap.ok("disconnected" in repr(e).lower(), "the connection ends", repr(e))
    tap.eq(t.flow(one + "?" + API).json["properties"]["state"], "Started", "after its effect")
    writes = [w for w in t.stats()["writes"]]
    tap.ok([w["path"].rsplit("/", 1)[1] for w in writes] == ["stop", "start"] and
           all(w["effect"] for w in writes) and len(writes[0]["digest"]) == 16 and
           writes[0]["digest"] == writes[1]["digest"], "writes are counted, with digests", writes)


made = saving()
old_runs_stay()
switching(made)
sharing(made)
deleting(made)
dataverse()
counting()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

#!/usr/bin/env python3
"""What the service hands out and what it takes back: references, solutions, drafts, and saves
that do not go as their answer says."""
import copy
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, POWERAPPS, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
DEFAULT = t.environment("(default)")
SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
DRAFT = API + "&draftFlow=true"


def connections(environment, api):
    url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], API, environment)
    return [c for c in t.pages(url, POWERAPPS)[0] if c["properties"]["apiId"].endswith(api) and
            c["properties"]["statuses"][0]["status"] == "Connected"]


SITE = connections(PROD, "shared_sharepointonline")[0]["name"]


def path(environment, flow):
    return "/environments/%s/flows/%s" % (environment, flow)


def read(environment, flow, version=API):
    return t.flow(path(environment, flow) + "?" + version).json["properties"]


def design(properties):
    """What a save sends for what a read gave."""
    d = copy.deepcopy(properties["definition"])

    def strip(steps):
        for step in (steps or {}).values():
            if isinstance(step.get("inputs"), dict):
                step["inputs"].pop("authentication", None)
            strip(step.get("actions"))
            strip(step.get("else", {}).get("actions"))
            strip(step.get("default", {}).get("actions"))
            for case in step.get("cases", {}).values():
                strip(case["actions"])
    strip(d["triggers"])
    strip(d["actions"])
    return d


def save(environment, flow, definition, references, query=API, **more):
    return t.flow(path(environment, flow) + "?" + query, "PATCH", body={"properties": dict(
        more, definition=definition, connectionReferences=references)})


def definition(note="one"):
    return {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
            "2016-06-01/workflowdefinition.json#", "contentVersion": "1.0.0.0",
            "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                           "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
            "triggers": {"manual": {"type": "Request", "kind": "Button",
                                    "inputs": {"schema": {"type": "object"}}}},
            "actions": {"Get": {"type": "OpenApiConnection", "runAfter": {}, "inputs": {
                "host": {"apiId": SP, "connectionName": "shared_sharepointonline-1",
                         "operationId": "GetItems"},
                "parameters": {"dataset": note, "table": "y"}}}},
            "outputs": {}}


def references(connection, **more):
    return {"shared_sharepointonline-1": dict(more, connectionName=connection, source="Embedded",
                                              id=SP)}


def create(environment=PROD, connection=None, name="Made", **more):
    a = t.flow("/environments/%s/flows?%s" % (environment, API), "POST", body={"properties": {
        "displayName": name, "definition": definition(), "state": "Stopped",
        "connectionReferences": references(connection or SITE, **more)}})
    assert a.status == 201, a.body
    return a.json["name"]


def knob(**what):
    a = t.control("flow", what)
    assert a.status == 200, a.body


def words(a):
    return a.json["error"]["message"]


def plain():
    f = create()
    got = read(PROD, f)
    tap.ok("authentication" in got["definition"]["actions"]["Get"]["inputs"] and
           list(got["connectionReferences"]) == ["shared_sharepointonline-1"],
           "an aliased reference keeps its key")
    a = save(PROD, f, design(got), got["connectionReferences"], state="Started",
             displayName="Renamed")
    again = read(PROD, f)
    tap.ok(a.status == 200 and again["state"] == "Stopped" and again["displayName"] == "Renamed",
           "the runtime form of references is taken; state is not heard", a.body)
    tap.eq((again["definition"], again["connectionReferences"]),
           (got["definition"], got["connectionReferences"]), "nothing else changed")
    d = definition()
    del d["parameters"]["$connections"]
    a = save(PROD, f, d, references(SITE))
    tap.ok(a.code == "InvalidTemplate" and "'$connections'" in words(a), "no $connections", a.body)
    a = save(PROD, f, definition(), references("0" * 32))
    tap.ok(a.status == 400 and a.code == "ConnectionNotConfigured", "a dead connection", a.body)
    a = save(PROD, f, definition(), {"shared_x": references(SITE)["shared_sharepointonline-1"]})
    tap.ok("'shared_sharepointonline-1' could not be found for the operation 'Get'" in words(a),
           "a key that no reference has", a.body)
    knob(flow=f, emptyReferences=True)
    tap.eq(read(PROD, f)["connectionReferences"], {}, "empty references on read")
    tap.eq(save(PROD, f, design(got), {}).status, 400, "which a save cannot send back")
    tap.eq(save(PROD, f, design(got), references(SITE)).status, 200, "but full ones it can")


def stamped():
    site = connections(DEFAULT, "shared_sharepointonline")[0]["name"]
    f = create(DEFAULT, site)
    knob(flow=f, stamp="sent")
    got = read(DEFAULT, f)
    stamp = got["connectionReferences"]["shared_sharepointonline-1"]["connectionReferenceLogicalName"]
    a = save(DEFAULT, f, design(got), got["connectionReferences"])
    tap.ok(a.code == "InvalidOpenApiFlow" and
           "The API connection reference '%s' could not be found" % stamp in words(a),
           "a stamp that is sent back is refused", a.body)
    tap.eq(save(DEFAULT, f, design(got), references(site)).status, 200, "without it the save goes")
    knob(flow=f, stamp="stored")
    a = save(DEFAULT, f, design(got), references(site))
    tap.ok(a.status == 400 and "could not be found" in words(a), "a stored one is always looked at")
    knob(flow=f, stamp="none", refusedSaveWipes=True)
    tap.eq(save(DEFAULT, f, definition(), references("0" * 32)).status, 400, "a refused save")
    tap.eq(read(DEFAULT, f)["connectionReferences"], {}, "may still wipe the references")


def solution():
    f = None
    for name in [x["name"] for x in t.flows(PROD)]:
        p = read(PROD, name)
        if p.get("workflowEntityId") and not p["isManaged"] and "OpenApiConnection" in json.dumps(
                p["definition"]) and p["state"] == "Started":
            f = name
    got = read(PROD, f)
    key = list(got["connectionReferences"])[0]
    a = save(PROD, f, design(got), got["connectionReferences"])
    tap.ok(a.json["error"]["code"] == "XrmApiRequestFailed" and
           "WorkflowRunActionInputsMissingProperty" in words(a) and
           "Property 'host.connectionReferenceName' is missing." in words(a) and
           "0x80060467" in words(a), "a solution flow is refused in the form reading gave", a.body)

    def keyed(d):
        for step in list(d["triggers"].values()) + list(d["actions"].values()):
            host = step.get("inputs", {}).get("host") if isinstance(step.get("inputs"), dict) \
                else None
            if host and "connectionName" in host:
                host["connectionReferenceName"] = host["connectionName"]
            keyed({"triggers": {}, "actions": step.get("actions", {})})
            keyed({"triggers": {}, "actions": step.get("else", {}).get("actions", {})})
        return d
    d = keyed(design(got))
    a = save(PROD, f, d, got["connectionReferences"])
    tap.ok("The API connection reference '" in words(a) and "could not be found" in words(a),
           "and with the key", a.body)
    row = "/workflows(%s)" % got["workflowEntityId"]
    data = json.loads(t.dataverse(row + "?$select=clientdata").json["clientdata"])
    data["properties"]["definition"]["description"] = "Changed in Dataverse"
    a = t.dataverse(row, "PATCH", body={"clientdata": json.dumps(data)}, headers={"If-Match": "*"})
    tap.ok(a.status == 204 and read(PROD, f)["definition"]["description"] == "Changed in Dataverse",
           "Dataverse takes its clientdata", a.body)
    knob(flow=f, solutionSave="byKey")
    tap.eq(save(PROD, f, d, got["connectionReferences"]).status, 200, "some take the key")
    knob(flow=f, solutionSave="accepted")
    tap.eq(save(PROD, f, design(got), got["connectionReferences"]).status, 200,
           "and some the form of reading")
    knob(flow=f, managed=True)
    a = save(PROD, f, design(got), got["connectionReferences"])
    tap.ok(a.json["error"]["code"] == "XrmApiRequestFailed" and "iscustomizable" in words(a),
           "a managed one is refused", a.body)
    a = t.dataverse(row, "PATCH", body={"clientdata": json.dumps(data)}, headers={"If-Match": "*"})
    tap.ok(a.status == 400 and "managed property" in words(a), "in Dataverse, too", a.body)
    tap.eq(t.flow(path(PROD, f) + "/stop?" + API, "POST").status, 200, "it can be switched")
    knob(flow=f, managed=False)
    t.set(activationChangesId=True)
    a = t.dataverse(row, "PATCH", body={"statecode": 1}, headers={"If-Match": "*"})
    t.set(activationChangesId=False)
    new = read(PROD, got["workflowEntityId"])
    tap.ok(a.status == 204 and t.flow(path(PROD, f) + "?" + API).code == "FlowNotFound" and
           new["state"] == "Started" and
           t.dataverse(row + "?$select=resourceid").json["resourceid"] != f,
           "activation may give another id; the row leads to it", a.body)


def solution_only():
    t.set(solutionOnly=True, createDropsReferences=True)
    f = create(name="Born in a solution")
    t.set(solutionOnly=False, createDropsReferences=False)
    got = read(PROD, f)
    tap.ok(got["workflowEntityId"] and got["workflowEntityId"] != f and
           got["connectionReferences"] == {}, "two ids, and a create that lost its bindings")
    names = [x["name"] for x in t.pages("%s%s/environments/%s/flows?%s&$filter=search('personal')"
                                        % (t.ready["flow_url"], SIMPLE, PROD, API))[0]]
    tap.ok(f not in names and f in [x["name"] for x in t.flows(PROD)], "listed with solutions only")
    t.set(solutionOnly=True)
    f = create(name="Born in a solution, too")
    t.set(solutionOnly=False)
    r = read(PROD, f)["connectionReferences"]["shared_sharepointonline-1"]
    tap.ok(r["connectionName"] == SITE and r["connectionReferenceLogicalName"],
           "its references are bound through connection references", r)
    t.set(createLag=2)
    g = create(name="Not there yet")
    t.set(createLag=0)
    seen = [t.flow(path(PROD, g) + "?" + API).status for _ in range(3)]
    tap.eq(seen, [404, 404, 200], "a new flow is not found at once")
    return f


def drafts(f):
    row = "/workflows(%s)" % read(PROD, f)["workflowEntityId"]
    unpublished = row + "/Microsoft.Dynamics.CRM.RetrieveUnpublished()"
    got = read(PROD, f)
    a = save(PROD, f, definition("two"), references(SITE), DRAFT)
    draft, live = read(PROD, f, DRAFT), read(PROD, f)
    tap.ok(a.status == 200 and live["definition"] == got["definition"] and
           live["lastModifiedTime"] == got["lastModifiedTime"] and
           draft["definition"]["actions"]["Get"]["inputs"]["parameters"]["dataset"] == "two" and
           draft["lastModifiedTime"] > live["lastModifiedTime"], "a draft beside what runs", a.body)
    who = "_modifiedby_value"
    r = t.dataverse(unpublished).json
    me = t.dataverse("/WhoAmI").json["UserId"]
    tap.ok(r["componentstate"] == 1 and r[who] == me and '"two"' in r["clientdata"] and
           '"one"' in t.dataverse(row).json["clientdata"], "Dataverse has both, and who", r[who])
    broken = definition("two")
    broken["actions"]["Get"]["inputs"]["host"]["operationId"] = "Nothing"
    tap.eq(save(PROD, f, broken, references(SITE), DRAFT).status, 200, "a draft may have errors")
    a = t.flow(path(PROD, f) + "/publish?" + API, "POST")
    tap.ok(a.status == 400 and read(PROD, f)["definition"] == got["definition"],
           "publishing may not", a.body)
    save(PROD, f, definition("three"), references(SITE), DRAFT)
    a = t.flow(path(PROD, f) + "/publish?" + API, "POST")
    now = read(PROD, f)
    tap.ok(a.status == 200 and "three" in json.dumps(now["definition"]) and
           read(PROD, f, DRAFT)["lastModifiedTime"] == now["lastModifiedTime"],
           "publishing makes it what runs", a.body)
    knob(flow=f, edit={"by": "nadia", "draft": True})
    r = t.dataverse(unpublished).json
    tap.ok(r[who] != me and "Edited_by_somebody_else" in r["clientdata"] and
           "Edited_by" not in json.dumps(read(PROD, f)), "a draft of somebody else")
    t.dataverse("/PublishXml", "POST", body={"ParameterXml": "<importexportxml><workflows><workflow>"
                "{%s}</workflow></workflows></importexportxml>" % row[11:-1]})
    tap.ok("Edited_by" in json.dumps(read(PROD, f)), "PublishXml publishes it")
    rows = t.dataverse("/componentversions?$filter=componentid%20eq%20'" + row[11:-1] + "'").json
    rows = rows["value"]
    tap.ok([x["changesummary"] for x in rows][:2] == ["Published", "Past published"] and
           len(rows) == 5 and "Draft" in [x["changesummary"] for x in rows] and
           '"one"' in rows[-1]["component"], "the history has every version",
           [x["changesummary"] for x in rows])
    knob(flow=f, unpublished=True)
    a = t.dataverse(row, "PATCH", body={"statecode": 1}, headers={"If-Match": "*"})
    tap.ok("CannotStartUnpublishedSolutionFlow" in words(a), "saved but never published", a.body)
    g = create()
    save(PROD, g, definition("two"), references(SITE), DRAFT)
    tap.ok('"two"' in json.dumps(read(PROD, g)), "outside solutions there are no drafts")


def unsteady():
    f = create()
    knob(flow=f, lostSaves=1)
    a = save(PROD, f, definition("two"), references(SITE), displayName="Lost")
    p = a.json["properties"]
    tap.ok(a.status == 200 and p["displayName"] == "Lost" and '"two"' in json.dumps(p) and
           read(PROD, f)["displayName"] == "Made" and '"one"' in json.dumps(read(PROD, f)),
           "a save that is answered and not kept")
    save(PROD, f, definition("two"), references(SITE))
    tap.ok('"two"' in json.dumps(read(PROD, f)), "once")
    knob(flow=f, readLag=2)
    save(PROD, f, definition("three"), references(SITE), displayName="Later")
    seen = [read(PROD, f) for _ in range(3)]
    tap.eq([(p["displayName"], '"three"' in json.dumps(p)) for p in seen],
           [("Made", False), ("Made", False), ("Later", True)], "reads two behind the write")
    knob(flow=f, readLag=0, licenceLag=1)
    a = t.flow(path(PROD, f) + "/start?" + API, "POST")
    tap.ok(a.status == 403 and a.code == "MissingAdequateQuotaPolicy", "a licence that lags", a.body)
    tap.eq(t.flow(path(PROD, f) + "/start?" + API, "POST").status, 200, "is there the next time")
    knob(flow=f, suspendOnSave=True)
    a = save(PROD, f, definition("four"), references(SITE))
    p = read(PROD, f)
    tap.ok(a.status == 200 and (p["state"], p["flowSuspensionReason"]) ==
           ("Suspended", "CompanyDlpViolation"), "a data policy suspends after the save")
    g = create()
    t.control("policy", {"blocked": ["shared_sharepointonline"]})
    url = t.ready["bap_url"] + "/providers/PowerPlatform.Governance/v1/policies"
    tap.eq(t.api("GET", url, POWERAPPS).status, 403, "policies are an administrator's to read")
    t.set(admin=True)
    t.tokens.clear()
    groups = t.api("GET", url, POWERAPPS).json["value"][0]["connectorGroups"]
    t.set(admin=False)
    t.tokens.clear()
    save(PROD, g, definition("two"), references(SITE))
    t.control("policy", {"blocked": []})
    tap.ok([c["id"] for x in groups if x["classification"] == "Blocked" for c in x["connectors"]] ==
           [SP] and read(PROD, g)["state"] == "Suspended", "a blocked connector does the same")
    before = read(PROD, f)["lastModifiedTime"]
    knob(flow=f, edit={"by": "piet", "displayName": "Piet was here"})
    p = read(PROD, f)
    tap.ok("Edited_by_somebody_else" in p["definition"]["actions"] and
           p["displayName"] == "Piet was here" and p["lastModifiedTime"] > before,
           "another editor comes in between")
    t.control("connection", {"connection": SITE, "error": {"code": "Unauthorized",
                                                           "message": "expired"}})
    h = create()
    a = t.flow(path(PROD, h) + "/start?" + API, "POST")
    c = t.apps("/apis/shared_sharepointonline/connections/%s?%s&$filter=environment%%20eq%%20'%s'" % (
        SITE, API, PROD)).json["properties"]
    tap.ok(a.code == "InvalidConnectionCredentials" and c["statuses"][0]["error"]["code"] ==
           "Unauthorized", "a connection turned bad keeps a flow from starting", a.body)
    t.control("connection", {"connection": SITE, "error": None})
    tap.eq(t.flow(path(PROD, h) + "/start?" + API, "POST").status, 200, "mended, it starts")
    for owner, kind in (("operations", "Group"), ("deployment", "ServicePrincipal")):
        knob(flow=h, owner=owner)
        roles = {x["properties"]["principal"]["type"]: x["properties"]["roleName"]
                 for x in t.flow(path(PROD, h) + "/permissions?" + API).json["value"]}
        tap.ok(roles[kind] == "Owner" and roles["User"] == "CanEdit", "owned by a " + kind, roles)
    tap.eq(read(PROD, h)["userType"], "User", "which the caller may still change")
    tap.eq(save(PROD, h, definition("z"), references(SITE)).status, 200, "and does")
    tap.eq(t.control("flow", {"flow": h, "nothing": 1}).status, 400, "an unknown knob is refused")


plain()
stamped()
solution()
drafts(solution_only())
unsteady()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

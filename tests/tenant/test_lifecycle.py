#!/usr/bin/env python3
"""From one environment to another, in and out of solutions, deleted and back, and who may."""
import io
import json
import os
import random
import subprocess
import sys
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, POWERAPPS, BUILD, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
SANDBOX = t.environment("Sandbox")
DEFAULT = t.environment("(default)")


def path(environment, flow):
    return "/environments/%s/flows/%s" % (environment, flow)


def admin(on):
    t.set(admin=on)
    t.tokens.clear()


def post(environment, what, body=None):
    return t.bap("/environments/%s/%s?%s" % (environment, what, API), "POST", body=body or {})


def wait(answer):
    """Polls an operation; returns its properties and how often it was asked."""
    polls = 0
    if answer.status == 200:
        return answer.json, 0
    url = answer.headers["Location"]
    while True:
        p = t.api("GET", url, POWERAPPS).json["properties"]
        polls += 1
        if p["status"] != "Running":
            return p, polls


def exported(environment, flow):
    a = post(environment, "listPackageResources",
             {"baseResourceIds": ["/providers/Microsoft.Flow/flows/" + flow]})
    resources = a.json["resources"]
    for r in resources.values():
        r["suggestedCreationType"] = "Update" if r["type"] == "Microsoft.Flow/flows" else "Existing"
    a = post(environment, "exportPackage", {
        "includedResourceIds": [r["id"] for r in resources.values()], "resources": resources,
        "details": {"displayName": "Package", "description": "", "creator": "Jana",
                    "sourceEnvironment": environment}})
    tap.ok(a.status == 202 and a.json["status"] == "Running" and "packageLink" not in a.json and
           a.headers["Location"], "export: accepted", a.body)
    p, polls = wait(a)
    tap.ok(polls == 2 and p["status"] == "Succeeded", "done at the second look", polls)
    link = p["packageLink"]["value"]
    tap.eq(t.send("GET", link, headers={"Authorization": "Bearer x"}).status, 401,
           "the link takes no bearer")
    tap.eq(t.send("GET", link.replace("sig=", "sig=x")).status, 401, "and its own signature only")
    return t.send("GET", link).body


def imported(environment, data, how="New", connect=True, name="Came in a package"):
    sas = post(environment, "generateResourceStorage").json["sharedAccessSignature"]
    place, query = sas.split("?", 1)
    url = "%s/flow.zip?%s" % (place, query)
    a = t.send("PUT", url, data, {"x-ms-blob-type": "BlockBlob"})
    tap.eq(a.status, 201, "put the zip there")
    p, _ = wait(post(environment, "listImportParameters", {"packageLink": {"value": url}}))
    if p["status"] != "Succeeded":
        return p
    for r in p["resources"].values():
        if r["type"] == "Microsoft.Flow/flows":
            r["selectedCreationType"] = "New" if how == "New" else "Update"
            r["details"]["displayName"] = name
            if how != "New":
                r["id"] = "/providers/Microsoft.Flow/flows/" + how
        else:
            r["selectedCreationType"] = "Existing"
            if r["type"].endswith("connections") and connect and "suggestedId" in r:
                r["id"] = r["suggestedId"]
    body = {"details": p.get("details", {}), "packageLink": p["packageLink"],
            "resources": p["resources"]}
    if connect:
        tap.eq(post(environment, "validateImportPackage", body).json["status"], "Succeeded",
               "the package is valid")
    return wait(post(environment, "importPackage", body))[0]


def packages():
    source = t.flow_named(PROD, "Order intake: pick")
    before = t.flow(path(PROD, source) + "?" + API).json["properties"]
    data = exported(PROD, source)
    z = zipfile.ZipFile(io.BytesIO(data))
    names = z.namelist()
    tap.ok(z.testzip() is None and "manifest.json" in names and
           [n for n in names if n.endswith("/connectionsMap.json")], "a real zip", names)
    file = os.path.join(t.dir, "flow.zip")
    with open(file, "wb") as f:
        f.write(data)
    r = subprocess.run([os.path.join(BUILD, "flowlatch"), "lint", "--show", "info", file],
                       capture_output=True, timeout=60)
    tap.ok(r.returncode in (0, 1) and b"definition.json" in r.stdout, "flowlatch reads it",
           (r.returncode, r.stdout[-300:], r.stderr[-300:]))
    p = imported(PROD, data, connect=False)
    bad = [r for r in p["resources"].values() if r.get("status") == "Failed"]
    tap.ok(p["status"] == "Failed" and bad and bad[0]["error"]["code"] == "MissingConnection",
           "without connections it fails, resource by resource", p)
    t.set(importLicenceLag=1)
    p = imported(PROD, data)
    root = next(r for r in p["resources"].values() if r["type"] == "Microsoft.Flow/flows")
    new = root["name"]
    got = t.flow(path(PROD, new) + "?" + API).json["properties"]
    tap.ok(p["status"] == "Succeeded" and new != source and got["state"] == "Stopped" and
           got["displayName"] == "Came in a package" and
           got["definition"] == before["definition"] and
           set(got["connectionReferences"]) == set(before["connectionReferences"]),
           "a new flow, switched off, with the same definition", p)
    a = t.flow(path(PROD, new) + "/start?" + API, "POST")
    b = t.flow(path(PROD, new) + "/start?" + API, "POST")
    tap.ok((a.status, b.status) == (403, 200), "it starts when the licence is known", a.body)
    t.set(importLicenceLag=0)
    # Compressed, as the service's own are, and over the flow that is there.
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as out:
        for n in names:
            out.writestr(n, z.read(n).replace(b'"contentVersion":"1.0.0.0"',
                                              b'"contentVersion":"2.0.0.0"'))
    p = imported(PROD, packed.getvalue(), how=new)
    got = t.flow(path(PROD, new) + "?" + API).json["properties"]
    tap.ok(p["status"] == "Succeeded" and got["definition"]["contentVersion"] == "2.0.0.0",
           "a deflated one updates it", p)
    p = imported(PROD, b"PK no zip")
    tap.eq(p["status"], "Failed", "what is no zip is refused")
    chance, ends = random.Random(7), set()
    t.set(packagePolls=0)
    sas = post(PROD, "generateResourceStorage").json["sharedAccessSignature"].split("?", 1)
    url = "%s/broken.zip?%s" % tuple(sas)
    for _ in range(150):
        broken = bytearray(chance.choice((data, packed.getvalue())))
        for _ in range(chance.randint(1, 8)):
            broken[chance.randrange(max(0, len(broken) - 700), len(broken))] = chance.randrange(256)
        t.send("PUT", url, bytes(broken[:chance.randint(0, len(broken) * 3)]),
               {"x-ms-blob-type": "BlockBlob"})
        a = post(PROD, "listImportParameters", {"packageLink": {"value": url}})
        ends.add((a.status, a.json["status"]))
    t.set(packagePolls=1)
    tap.ok((200, "Failed") in ends and all(s == 200 for s, _ in ends), "broken zips are survived",
           ends)
    member = next(f["name"] for f in t.flows(PROD) if f["properties"].get("workflowEntityId"))
    a = post(PROD, "listPackageResources",
             {"baseResourceIds": ["/providers/Microsoft.Flow/flows/" + member]}).json
    tap.ok(a["status"] == "Failed" and a["errors"], "flows of solutions travel otherwise", a)
    t.set(packagePolls=0)
    a = post(PROD, "listImportParameters", {"packageLink": {"value": "https://x/packages/none"}})
    tap.ok(a.status == 200 and a.json["status"] == "Failed", "without waiting", a.body)
    t.set(packagePolls=1)
    return source


def across():
    """Copied to another environment, bound anew, it runs there."""
    data = exported(PROD, t.flow_named(PROD, "Open items of hall 2"))
    p = imported(SANDBOX, data, name="Copied")
    new = next(r for r in p["resources"].values() if r["type"] == "Microsoft.Flow/flows")["name"]
    t.flow(path(SANDBOX, new) + "/start?" + API, "POST")
    trigger = t.flow(path(SANDBOX, new) + "/triggers?" + API).json["value"][0]["name"]
    t.flow("%s/triggers/%s/run?%s" % (path(SANDBOX, new), trigger, API), "POST", body={})
    t.set(clockShiftSeconds=60)
    runs = t.flow(path(SANDBOX, new) + "/runs?" + API).json["value"]
    t.set(clockShiftSeconds=0)
    tap.ok(len(runs) == 1 and runs[0]["properties"]["status"] == "Succeeded",
           "a copy runs in the other environment", runs)


def deleted(source):
    one = path(PROD, source)
    t.flow(one + "?" + API, "DELETE")
    tap.eq(t.flow("/scopes/admin%s/restore?%s" % (one, API), "POST").status, 403,
           "restoring is an administrator's")
    admin(True)
    url = "/scopes/admin/environments/%s/v2/flows?%s&$top=250&include=softDeletedFlows" % (PROD, API)
    tap.ok(source in [f["name"] for f in t.flow(url).json["value"]
                      if f["properties"]["state"] == "Deleted"], "deleted flows are listed")
    t.set(clockShiftSeconds=22 * 86400)
    t.tokens.clear()
    tap.ok(source not in [f["name"] for f in t.flow(url).json["value"]], "for three weeks")
    tap.eq(t.flow("/scopes/admin%s/restore?%s" % (one, API), "POST").code, "FlowNotFound",
           "then they are gone")
    t.set(clockShiftSeconds=0)
    t.tokens.clear()
    tap.eq(t.flow("/scopes/admin%s/restore?%s" % (one, API), "POST").status, 200, "restored")
    admin(False)
    tap.eq(t.flow(one + "?" + API).json["properties"]["state"], "Stopped", "it comes back off")


def solutions(source):
    rows = t.dataverse("/solutions?$filter=isvisible%20eq%20true").json["value"]
    managed = next(r for r in rows if r["ismanaged"])
    own = next(r for r in rows if r["uniquename"] == "FabrikamOperations")

    def migrate(solution, flow):
        return t.api("POST", "%s/providers/Microsoft.Flow/environments/%s/solutions/%s/migrateFlows"
                     "?%s" % (t.ready["flow_url"], PROD, solution, API),
                     body={"flowsToMigrate": [flow]})
    tap.eq(migrate(own["solutionid"], "/providers/x/flows/" + source).code, "FlowNotFound",
           "an id path is not found")
    tap.eq(migrate(managed["solutionid"], source).status, 400, "not into a managed solution")
    tap.eq(migrate(own["solutionid"], source).status, 200, "added to a solution")
    p = t.flow(path(PROD, source) + "?" + API).json["properties"]
    refs = {r["connectionReferenceLogicalName"] for r in p["connectionReferences"].values()}
    known = {r["connectionreferencelogicalname"]: r
             for r in t.dataverse("/connectionreferences").json["value"]}
    tap.ok(p["workflowEntityId"] and refs <= set(known), "with connection references", refs)
    tap.eq(migrate(own["solutionid"], source).code, "FlowAlreadyInSolution", "once")
    one = next(r for n, r in known.items() if n in refs and "sharepoint" in r["connectorid"])
    row = "/connectionreferences(%s)" % one["connectionreferenceid"]
    url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], API, PROD)
    other = next(c["name"] for c in t.pages(url, POWERAPPS)[0]
                 if c["properties"]["apiId"] == one["connectorid"] and
                 c["properties"]["createdBy"]["displayName"] == "Piet de Vries")
    tap.eq(t.dataverse(row, "PATCH", body={"connectionid": other}).status, 204, "bound anew")
    p = t.flow(path(PROD, source) + "?" + API).json["properties"]
    tap.ok(other in [r["connectionName"] for r in p["connectionReferences"].values()],
           "its flows use the other connection")
    a = t.dataverse("/connectionreferences", "POST", body={
        "connectionreferencelogicalname": "fab_new", "connectorid": one["connectorid"],
        "connectionreferencedisplayname": "New one"})
    tap.ok(a.status == 204 and "connectionreferences(" in a.headers["OData-EntityId"],
           "a new reference", a.body)
    t.set(dataverseReadOnly=True)
    for what in (row, "/workflows(%s)" % p["workflowEntityId"]):
        a = t.dataverse(what, "PATCH", body={"x": 1}, headers={"If-Match": "*"})
        tap.ok(a.status == 403 and a.code == "0x80040220", "refused without the privilege", a.body)
    t.set(dataverseReadOnly=False)


def variables():
    nested = "environmentvariabledefinition_environmentvariablevalue"
    url = "/environmentvariabledefinitions?$expand=%s" % nested
    have = {r["schemaname"]: r for r in t.dataverse(url).json["value"]}
    value = have["fab_WarehouseSite"][nested][0]["environmentvariablevalueid"]
    a = t.dataverse("/environmentvariablevalues(%s)" % value, "PATCH", body={"value": "https://new"})
    tap.ok(a.status == 204 and t.dataverse("/environmentvariablevalues(%s)" % value).json["value"] ==
           "https://new", "a value is changed", a.body)
    large = have["fab_LargeOrderFrom"]
    tap.eq(large[nested], [], "one has its default")
    bind = {"EnvironmentVariableDefinitionId@odata.bind": "/environmentvariabledefinitions(%s)" %
            large["environmentvariabledefinitionid"]}
    tap.eq(t.dataverse("/environmentvariablevalues", "POST", body=dict(bind, value="many")).status,
           400, "a number must be one")
    a = t.dataverse("/environmentvariablevalues", "POST", body=dict(bind, value="250"))
    new = a.headers["OData-EntityId"].rsplit("/", 1)[1]
    tap.ok(a.status == 204 and t.dataverse("/" + new).json["value"] == "250", "it gets a value")
    tap.eq(t.dataverse("/" + new, "DELETE").status, 204, "and loses it")
    a = t.dataverse("/environmentvariabledefinitions", "POST", organization="org-fabrikamtest", body={
        "schemaname": "fab_LargeOrderFrom", "displayname": "Large order from", "type": 100000001,
        "defaultvalue": "1"})
    tap.eq(a.status, 204, "a definition is made elsewhere")
    a = t.dataverse("/environmentvariabledefinitions", "POST", organization="org-fabrikamtest",
                    body={"schemaname": "fab_LargeOrderFrom"})
    tap.eq(a.status, 412, "once")
    d = {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
         "2016-06-01/workflowdefinition.json#", "contentVersion": "1.0.0.0",
         "parameters": {"Site (fab_WarehouseSite)": {"defaultValue": "old", "type": "String",
                                                     "metadata": {"schemaName":
                                                                  "fab_WarehouseSite"}}},
         "triggers": {"manual": {"type": "Request", "kind": "Button",
                                 "inputs": {"schema": {"type": "object"}}}},
         "actions": {"See": {"type": "Compose", "runAfter": {},
                             "inputs": "@parameters('Site (fab_WarehouseSite)')"}}}
    f = t.flow("/environments/%s/flows?%s" % (PROD, API), "POST", body={"properties": {
        "displayName": "Sees a variable", "definition": d}}).json["name"]
    t.flow(path(PROD, f) + "/triggers/manual/run?" + API, "POST", body={})
    t.set(clockShiftSeconds=60)
    run = t.flow(path(PROD, f) + "/runs?" + API).json["value"][0]["name"]
    see = t.flow("%s/runs/%s/actions/See?%s" % (path(PROD, f), run, API)).json["properties"]
    tap.eq(t.send("GET", see["outputsLink"]["uri"]).json, "https://new", "runs see its value")
    t.set(clockShiftSeconds=0)


def sharing():
    f = t.flow_named(PROD, "Purchase approval")
    people = {p["fullname"]: p["azureactivedirectoryobjectid"]
              for p in t.dataverse("/systemusers").json["value"]}
    team = t.dataverse("/teams").json["value"][0]
    tap.ok("Operations team" not in people and team["name"] == "Operations team", "teams are apart")

    def put(id_, kind):
        return {"properties": {"principal": {"id": id_, "type": kind}}}
    a = t.flow(path(PROD, f) + "/modifyUsers?" + API, "POST", body={
        "put": [put(people["Nadia Haddad"], "User"),
                put(team["azureactivedirectoryobjectid"], "Group")]})
    users = t.flow(path(PROD, f) + "/users?" + API).json["value"]
    tap.ok(a.status == 200 and sorted(u["properties"]["principal"]["type"] for u in users) ==
           ["Group", "User"], "run-only users: a person and a team", users)
    t.flow(path(PROD, f) + "/modifyUsers?" + API, "POST",
           body={"delete": [put(people["Nadia Haddad"], "User")]})
    tap.eq(len(t.flow(path(PROD, f) + "/users?" + API).json["value"]), 1, "one less")
    theirs = next(x["name"] for x in t.flows(PROD, "team")
                  if x["properties"]["creator"]["objectId"] != people["Jana Novak"])
    roles = {x["properties"]["principal"]["id"]: x["properties"]["roleName"]
             for x in t.flow(path(PROD, theirs) + "/permissions?" + API).json["value"]}
    a = t.flow(path(PROD, theirs) + "/modifyOwners?" + API, "POST",
               body={"put": [put(people["Nadia Haddad"], "User")]})
    tap.eq(a.status, 200 if roles[people["Jana Novak"]] == "CanEdit" else 403,
           "only who may edit may share")


def strangers(source):
    """What a colleague without any right to the flow hears."""
    mine, tokens = t.refresh_token, t.tokens
    solution = t.dataverse("/solutions?$filter=uniquename%20eq%20'FabrikamOperations'").json
    plain = t.flow_named(PROD, "Purchase approval")
    t.refresh_token = t.control("grants", {"user": "nadia.haddad@fabrikam.example"}).json[
        "refresh_token"]
    t.tokens = {}
    one, own = path(PROD, plain), "ConnectionAuthorizationFailed"
    for what, a in (
            ("read", t.flow(one + "?" + API)),
            ("save", t.flow(one + "?" + API, "PATCH", body={"properties": {}})),
            ("publish", t.flow(one + "/publish?" + API, "POST")),
            ("start", t.flow(one + "/start?" + API, "POST")),
            ("delete", t.flow(one + "?" + API, "DELETE")),
            ("share", t.flow(one + "/modifyOwners?" + API, "POST", body={})),
            ("change run-only users", t.flow(one + "/modifyUsers?" + API, "POST", body={})),
            ("see an address", t.flow(one + "/triggers/manual/listCallbackUrl?" + API, "POST")),
            ("add to a solution", t.api(
                "POST", "%s/providers/Microsoft.Flow/environments/%s/solutions/%s/migrateFlows?%s" % (
                    t.ready["flow_url"], PROD, solution["value"][0]["solutionid"], API),
                body={"flowsToMigrate": [plain]}))):
        tap.ok(a.status == 403 and a.code == own, "a stranger cannot " + what, (a.status, a.body))
    a = post(PROD, "listPackageResources",
             {"baseResourceIds": ["/providers/Microsoft.Flow/flows/" + plain]}).json
    tap.ok(a["status"] == "Failed" and not a["resources"], "nor export it", a)
    row = t.dataverse("/connectionreferences").json["value"][0]
    jana = next(r["connectionid"] for r in t.dataverse("/connectionreferences").json["value"]
                if r["connectionid"] and r["connectorid"] == row["connectorid"])
    a = t.dataverse("/connectionreferences(%s)" % row["connectionreferenceid"], "PATCH",
                    body={"connectionid": jana})
    tap.ok(a.status == 403 and a.code == own, "nor bind to a connection of somebody else", a.body)
    t.refresh_token, t.tokens = mine, tokens


source = packages()
across()
deleted(source)
solutions(source)
variables()
sharing()
strangers(source)
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

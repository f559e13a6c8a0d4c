#!/usr/bin/env python3
"""Every key path of the recorded answers is in the tenant's answers, with the same type.

The recordings are in tests/data/samples.  What is left out of the comparison stands with its
reason in LEAVE_OUT.
"""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, APPS, FLOW, POWERAPPS, POWERPLATFORM, ROOT, SIMPLE, Tap, Tenant

TYPES = {dict: "object", list: "array", str: "string", bool: "boolean", int: "number",
         float: "number", type(None): "null"}

# Path prefixes that a sample has and the tenant need not have, and why.
LEAVE_OUT = {
    # Capacity, add-ons and trial notes come with query options that flowlatch never sends.
    "bap-admin-environments-list": ["/value/[]/properties/capacity", "/value/[]/properties/addons",
                                    "/value/[]/properties/lifecycleAuthority",
                                    "/value/[]/properties/createdBy",
                                    "/value/[]/properties/description"],
    # A running run of 2018 carries an end; the runs of 2026 and the documentation do not.
    "run-get-running": ["/properties/endTime", "/properties/correlation/clientKeywords",
                        "/properties/trigger/correlation/clientKeywords"],
    # Links to blobs of the connector's source text; flowlatch does not read them.
    "pa-apis-custom-list": ["/value/[]/properties/apiDefinitions",
                            "/value/[]/properties/environment",
                            "/value/[]/properties/metadata/environmentName"],
    "pa-api-get-custom": ["/properties/apiDefinitions", "/properties/wadlUrl",
                          "/properties/environment", "/properties/metadata/environmentName"],
    # Names that only old answers have.
    "pa-environments-list": ["/value/[]/properties/linkedEnvironmentMetadata",
                             "/value/[]/properties/permissions",
                             "/value/[]/properties/expirationTime",
                             "/value/[]/properties/trialScenarioType"],
    # The value of an expression has any type.
    "logic-action-listExpressionTraces": ["/inputs/[]/value"],
    # The service of a single answer: these depend on the action.
    "run-action-inputs-content": ["/parameters"],
    "run-action-outputs-content-2026": ["/body"],
}


def paths(value, at="", out=None):
    out = {} if out is None else out
    out.setdefault(at, set()).add(TYPES[type(value)])
    if isinstance(value, dict):
        for k, v in value.items():
            paths(v, at + "/" + k, out)
    elif isinstance(value, list):
        for v in value:
            paths(v, at + "/[]", out)
    return out


def missing(name, ours):
    with open(os.path.join(ROOT, "tests", "data", "samples", name + ".json")) as f:
        want = paths(json.load(f))
    have = paths(ours)
    out = []
    for path, types in sorted(want.items()):
        if any(path == p or path.startswith(p + "/") for p in LEAVE_OUT.get(name, [])):
            continue
        if path not in have:
            out.append(path + " is missing")
        elif not types & have[path] and "null" not in types | have[path]:
            out.append("%s is %s, recorded as %s" % (path, have[path], types))
    return out


def main():
    tap = Tap()
    t = Tenant()

    def check(name, answer, status=200):
        lost = missing(name, answer.json) if answer.body else ["no body"]
        tap.ok(answer.status == status and not lost, name,
               "status %d\n%s" % (answer.status, "\n".join(lost)))

    prod = t.environment("Operations")
    flows = {f["properties"]["displayName"]: f["name"] for s in ("personal", "team")
             for f in t.flows(prod, s)}
    base = "/environments/%s/flows/" % prod
    team = "/environments/%s/flows?%s&$filter=search('%s')&include=includeSolutionCloudFlows&$top=50"

    # Entra
    a = t.refresh(FLOW, client_info="1")
    t.refresh_token = a.json["refresh_token"]
    check("entra-token-response-flow-scope", a)
    check("entra-openid-configuration", t.send(
        "GET", t.ready["login_url"] + "/organizations/v2.0/.well-known/openid-configuration"))

    # The flow host
    check("flow-environments-list", t.flow("/environments?" + API))
    check("flow-environment-get", t.flow("/environments/~default?" + API))
    default = t.environment("(default)")
    both = {"value": t.flow(team % (default, API, "personal")).json["value"] +
            t.flow(team % (prod, API, "personal")).json["value"]}
    lost = missing("flow-list-personal", both)
    tap.ok(not lost, "flow-list-personal", "\n".join(lost))
    lost = [p for p in missing("flow-list-team", t.flow(team % (prod, API, "team")).json)
            if "templateName" not in p]
    tap.ok(not lost, "flow-list-team", "\n".join(lost))
    check("flow-get-minimal", t.flow(base + flows["Purchase approval"] + "?" + API))
    check("flow-permissions-list", t.flow(base + flows["Quality report"] + "/permissions?" + API))
    check("triggers-list", t.flow(base + flows["Purchase approval"] + "/triggers?" + API))
    invoices = base + flows["Invoices: file and register"]
    check("runs-list", t.flow(invoices + "/runs?" + API))
    webhook = base + flows["Carrier callback: state of parcels"]
    runs = t.flow(webhook + "/runs?" + API)
    check("runs-list-2026-single", runs)
    run = runs.json["value"][0]["name"]
    check("run-get-2026", t.flow("%s/runs/%s?%s" % (webhook, run, API)))
    actions = t.flow("%s/runs/%s/actions?%s" % (webhook, run, API))
    check("run-actions-list-2026", actions)
    by_name = {x["name"]: x["properties"] for x in actions.json["value"]}
    check("run-action-inputs-content",
          t.send("GET", by_name["Store_state"]["inputsLink"]["uri"]))
    check("run-action-outputs-content-2026",
          t.send("GET", by_name["Respond"]["outputsLink"]["uri"]))
    waiting = base + flows["Purchase approval"]
    newest = t.flow(waiting + "/runs?" + API).json["value"][0]["name"]
    check("run-get-running", t.flow("%s/runs/%s?%s" % (waiting, newest, API)))
    check("trigger-listCallbackUrl",
          t.flow(webhook + "/triggers/manual/listCallbackUrl?" + API, "POST", body={}))
    check("logic-trigger-histories-list",
          t.flow(invoices + "/triggers/When_a_new_email_arrives_(V3)/histories?" + API))
    nightly = base + flows["Nightly copy of orders to the warehouse database"]
    run = t.flow(nightly + "/runs?" + API).json["value"][0]["name"]
    loop = "%s/runs/%s/actions/" % (nightly, run)
    check("logic-action-repetitions-list", t.flow(loop + "Upsert_row/repetitions?" + API))
    check("logic-action-scopeRepetitions-list",
          t.flow(loop + "For_each_customer/scopeRepetitions?" + API))
    check("logic-action-listExpressionTraces",
          t.flow(loop + "Report/listExpressionTraces?" + API, "POST", body={}))

    # Errors
    check("error-flow-not-found", t.flow(base + "396d5ec9-ae2d-4a84-967d-cd7f56cd8f30?" + API), 404)
    check("error-environment-access-denied",
          t.flow("/environments/Default-eff8592e-e14a-4ae8-8771-d96d5c549e1c?" + API), 403)
    check("error-403-admin-role",
          t.flow("/scopes/admin/environments/%s/v2/flows?%s" % (prod, API)), 403)
    t.set(admin=True)
    t.tokens.clear()
    listed = t.flow("/scopes/admin/environments/%s/v2/flows?%s&$top=250" % (prod, API))
    lost = [p for p in missing("flow-admin-v2-list", listed.json) if "definitionSummary" not in p]
    tap.ok(not lost, "flow-admin-v2-list", "\n".join(lost))
    check("flow-admin-v2-list-2026", listed)
    private = next(f["name"] for f in listed.json["value"]
                   if f["properties"]["displayName"] == "Piet's travel approvals")
    check("error-connection-authorization-failed", t.flow(base + private + "?" + API), 403)

    # The other faces
    check("bap-admin-environments-list",
          t.bap("/scopes/admin/environments?api-version=2020-10-01"))
    check("bap-admin-environment-get-2026",
          t.bap("/scopes/admin/environments/%s?api-version=2021-04-01" % prod))
    check("bap-environment-get-select", t.bap(
        "/environments/%s?api-version=2020-10-01&$select=properties.displayName,properties.isDefault"
        % default))
    check("pa-environments-list", t.apps("/environments?api-version=2017-08-01"))
    custom = t.apps("/apis?%s&$filter=environment%%20eq%%20'%s'%%20and%%20IsCustomApi%%20eq%%20'True'"
                    % (API, prod))
    check("pa-apis-custom-list", custom)
    check("pa-api-get-custom", t.apps("/apis/%s?%s&$filter=environment%%20eq%%20'%s'"
                                      % (custom.json["value"][0]["name"], API, prod)))
    check("powerplatform-connectivity-connections-list", t.api(
        "GET", "%s/connectivity/environments/%s/connections?api-version=2024-10-01"
        % (t.ready["powerplatform_url"], prod), POWERPLATFORM))
    check("dataverse-workflows-query", t.dataverse(
        "/workflows?$select=workflowid,name,statecode&$filter=category%20eq%205"))
    check("dataverse-solutions-list", t.dataverse(
        "/solutions?$filter=isvisible%20eq%20true&$expand=publisherid($select=friendlyname)"))
    check("dataverse-workflow-create-201", t.dataverse(
        "/workflows", "POST", body={
            "category": 5, "name": "shape", "type": 1, "primaryentity": "none", "description": "d",
            "clientdata": json.dumps({"properties": {"connectionReferences": {}, "definition": {
                "$schema": "x", "contentVersion": "1.0.0.0", "parameters": {}, "triggers": {
                    "manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
                "actions": {}}}, "schemaVersion": "1.0.0.0"})},
        headers={"Prefer": "return=representation"}), 201)
    shared = next(f for f in t.flows(prod, "team")
                  if f["properties"]["displayName"] == "Service desk: route tickets")
    check("dataverse-RetrieveSharedPrincipalsAndAccess", t.dataverse(
        "/workflows(%s)/Microsoft.Dynamics.CRM.RetrieveSharedPrincipalsAndAccess()"
        % shared["properties"]["workflowEntityId"]))

    headers = t.flow(webhook + "/runs?" + API).headers
    for name in ("x-ms-request-id", "x-ms-correlation-request-id", "x-ms-correlation-id",
                 "x-ms-flow-routing-request-id", "Cache-Control", "Strict-Transport-Security"):
        tap.ok(name in headers, "header %s of the flow host" % name)
    code, err = t.stop()
    tap.ok(code == 0 and not err, "ends clean", err)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

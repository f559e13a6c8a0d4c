#!/usr/bin/env python3
"""Approvals: listed, answered, and the runs that wait for them."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, POWERAPPS, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
BASE = "/environments/%s" % PROD
APPROVALS = "/providers/Microsoft.PowerApps/apis/shared_approvals"
ME = next(p["azureactivedirectoryobjectid"] for p in t.dataverse("/systemusers").json["value"]
          if p["fullname"] == "Jana Novak")


def connection():
    url = "%s/providers/Microsoft.PowerApps/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], API, PROD)
    return next(c["name"] for c in t.pages(url, POWERAPPS)[0]
                if c["properties"]["apiId"] == APPROVALS)


def flow(to, kind="Basic", **more):
    parameters = dict({"approvalType": kind, "WebhookApprovalCreationInput/title": "Buy it?",
                       "WebhookApprovalCreationInput/assignedTo": to,
                       "WebhookApprovalCreationInput/details": "For hall 2"}, **more)
    d = {"$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
         "2016-06-01/workflowdefinition.json#", "contentVersion": "1.0.0.0",
         "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                        "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
         "triggers": {"manual": {"type": "Request", "kind": "Button",
                                 "inputs": {"schema": {"type": "object"}}}},
         "actions": {
             "Ask": {"type": "OpenApiConnectionWebhook", "runAfter": {}, "inputs": {
                 "host": {"apiId": APPROVALS, "connectionName": "shared_approvals",
                          "operationId": "StartAndWaitForAnApproval"}, "parameters": parameters}},
             "Said": {"type": "Compose", "runAfter": {"Ask": ["Succeeded"]},
                      "inputs": "@outputs('Ask')?['body/outcome']"}}}
    a = t.flow(BASE + "/flows?" + API, "POST", body={"properties": {
        "displayName": "Asks", "definition": d, "connectionReferences": {"shared_approvals": {
            "connectionName": connection(), "source": "Embedded", "id": APPROVALS}}}})
    assert a.status == 201, a.body
    return a.json["name"]


def start(name):
    t.flow("%s/flows/%s/triggers/manual/run?%s" % (BASE, name, API), "POST", body={})
    return t.flow("%s/flows/%s/runs?%s" % (BASE, name, API)).json["value"][0]["name"]


def run(name, r):
    return t.flow("%s/flows/%s/runs/%s?%s" % (BASE, name, r, API)).json["properties"]["status"]


def received(**more):
    return t.flow(BASE + "/approvalRequests?%s&$filter=properties/assignedTo/id%%20eq%%20'%s'%s" % (
        API, ME, more.get("filter", ""))).json["value"]


def sent(status="Pending"):
    return t.flow(BASE + "/approvals?%s&$filter=properties/owner/id%%20eq%%20'%s'%%20and%%20"
                  "properties/status%%20eq%%20'%s'&$expand=properties/requestSummary" % (
                      API, ME, status)).json["value"]


def answer(approval, response, comments="", request=""):
    return t.flow("%s/approvals/%s/approvalResponses?%s" % (BASE, approval, API), "POST", body={
        "name": request, "properties": {"stage": "Basic", "status": "Committed",
                                        "response": response, "comments": comments}})


def later(seconds):
    t.set(clockShiftSeconds=seconds)


def said(name, r):
    p = t.flow("%s/flows/%s/runs/%s/actions/Said?%s" % (BASE, name, r, API)).json["properties"]
    return t.send("GET", p["outputsLink"]["uri"]).json


def seeded():
    waiting = [x for x in sent() if x["properties"]["title"].startswith("Purchase: ")]
    tap.ok(len(waiting) == 1 and waiting[0]["properties"]["requestSummary"]["approvers"][0]
           ["userPrincipalName"] == "piet.devries@fabrikam.example",
           "the run of the seed that waits has an approval", waiting)
    name = t.flow_named(PROD, "Purchase approval")
    r = next(x["name"] for x in t.flow("%s/flows/%s/runs?%s" % (BASE, name, API)).json["value"]
             if x["properties"]["status"] == "Running")
    a = t.control("approval", {"environment": PROD, "approval": waiting[0]["name"], "user": "piet",
                               "response": "Reject"})
    tap.eq(a.status, 200, "somebody else answers")
    later(60)
    done = t.flow("%s/flows/%s/runs/%s/actions/Start_and_wait_for_an_approval?%s" % (
        BASE, name, r, API)).json["properties"]
    body = t.send("GET", done["outputsLink"]["uri"]).json["body"]
    tap.ok(run(name, r) == "Succeeded" and body["outcome"] == "Reject" and
           body["responses"][0]["responder"]["displayName"] == "Piet de Vries", "its run goes on",
           body)
    later(0)


def basic():
    name = flow("jana.novak@fabrikam.example")
    r = start(name)
    later(30)
    tap.eq(run(name, r), "Running", "a run waits")
    mine = received()
    p = mine[0]["properties"]
    tap.ok(len(mine) == 1 and p["status"] == "Pending" and p["assignedTo"]["id"] == ME and
           p["approval"]["properties"]["title"] == "Buy it?", "what was received", mine)
    approval = p["approval"]["name"]
    view = t.flow(BASE + "/approvalViews?%s&$filter=properties/userRole%%20eq%%20'Approver'%%20and"
                  "%%20properties/isActive%%20eq%%20'true'" % API).json["value"]
    tap.eq([v["name"] for v in view], [approval], "the newer view")
    tap.ok(approval in [x["name"] for x in sent()], "what was sent")
    a = answer(approval, "Perhaps")
    tap.ok(a.status == 400 and a.code == "ApprovalResponseNotAllowed", "not an option", a.body)
    a = answer(approval, "Approve", "Go ahead", mine[0]["name"])
    tap.ok(a.status == 201 and a.json["properties"]["response"] == "Approve", "answered", a.body)
    tap.eq(answer(approval, "Reject").status, 400, "once")
    later(90)
    tap.eq((run(name, r), said(name, r)), ("Succeeded", "Approve"), "the run goes on with it")
    one = t.flow("%s/approvals/%s?%s" % (BASE, approval, API)).json["properties"]
    back = t.flow("%s/approvals/%s/approvalResponses?%s" % (BASE, approval, API)).json["value"]
    tap.ok((one["status"], one["result"]) == ("Completed", "Approve") and
           back[0]["properties"]["comments"] == "Go ahead", "it is completed", one)
    tap.eq(received(filter="%20and%20properties/status%20eq%20'Pending'"), [], "nothing is open")
    later(0)
    return name


def others():
    both = "jana.novak@fabrikam.example;nadia.haddad@fabrikam.example"
    name = flow(both, "BasicAwaitAll")
    r = start(name)
    later(30)
    approval = sent()[0]["name"]
    answer(approval, "Approve")
    tap.eq((run(name, r), sent()[0]["name"]), ("Running", approval), "everybody must approve")
    t.control("approval", {"environment": PROD, "approval": approval, "user": "nadia",
                           "response": "Approve"})
    later(90)
    tap.eq((run(name, r), said(name, r)), ("Succeeded", "Approve"), "both did")
    name = flow(both, "CustomResponse", **{"WebhookApprovalCreationInput/responseOptions":
                                           ["Now", "Next year"]})
    r = start(name)
    later(120)
    approval = sent()[0]["name"]
    tap.eq(answer(approval, "Approve").status, 400, "options of one's own")
    answer(approval, "Next year")
    later(180)
    tap.eq(said(name, r), "Next year", "are the outcome")
    r = start(name)
    later(240)
    approval = sent()[0]["name"]
    a = t.flow("%s/approvals/%s/reassign?%s" % (BASE, approval, API), "POST",
               body={"assignedTo": "piet.devries@fabrikam.example"})
    tap.eq((a.status, answer(approval, "Now").status), (200, 400), "reassigned to somebody else")
    t.flow("%s/flows/%s/runs/%s/cancel?%s" % (BASE, name, r, API), "POST")
    tap.ok(approval in [x["name"] for x in sent("Canceled")] and
           approval not in [x["name"] for x in sent()], "a cancelled run takes it back")
    later(0)
    a = t.control("approval", {"environment": PROD, "title": "From Piet's flow",
                               "assignedTo": "jana.novak@fabrikam.example"})
    mine = [x for x in received() if x["properties"]["status"] == "Pending"]
    tap.ok(mine[0]["properties"]["approval"]["name"] == a.json["approval"] and
           mine[0]["properties"]["approval"]["properties"]["owner"]["displayName"] ==
           "Piet de Vries", "an approval of somebody else's flow")
    tap.eq(answer(a.json["approval"], "Reject").status, 201, "can be answered, too")
    hidden = t.control("approval", {"environment": PROD, "title": "Not for Jana",
                                    "assignedTo": "nadia.haddad@fabrikam.example"}).json["approval"]
    tap.eq(answer(hidden, "Approve").code, "ApprovalNotFound", "others are not seen")


def broken(name):
    t.control("connection", {"connection": connection(), "error": {"code": "Unauthorized",
                                                                   "message": "expired"}})
    r = start(name)
    later(60)
    tap.eq(run(name, r), "Failed", "a run with a broken connection fails")
    t.control("connection", {"connection": connection(), "error": None})
    tap.eq(run(name, r), "Failed", "and has failed for good")
    r = start(name)
    later(120)
    tap.eq(run(name, r), "Running", "a new one does not")
    later(0)


seeded()
name = basic()
others()
broken(name)
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

#!/usr/bin/env python3
"""Runs of the seed: each kind of failure, loops, cancel, resubmit, triggers that do not fire."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
FLOWS = {f["properties"]["displayName"]: f["name"] for s in ("team", "personal")
         for f in t.flows(PROD, s)}


def base(name):
    return "/environments/%s/flows/%s" % (PROD, FLOWS[name])


def runs(name, query=""):
    return t.flow("%s/runs?%s%s" % (base(name), API, query)).json["value"]


def newest(name, status=None):
    """The newest run that ended (so): what takes an hour may have just begun."""
    return next(r for r in runs(name)
                if r["properties"]["status"] in ([status] if status else ["Failed", "Succeeded"]))


def actions(name, run):
    items, _ = t.pages("%s%s%s/runs/%s/actions?%s" % (t.ready["flow_url"], SIMPLE, base(name), run,
                                                      API))
    return {x["name"]: x["properties"] for x in items}


def content(properties, which="outputs"):
    return t.send("GET", properties[which + "Link"]["uri"]).json


def trigger(run, which="outputs"):
    return t.send("GET", run["properties"]["trigger"][which + "Link"]["uri"]).json


def null_in_split():
    name = "Order intake: pick and notify"
    flow = next(f for f in t.flows(PROD) if f["properties"]["displayName"] == name and
                f["properties"]["state"] == "Started")
    FLOWS[name] = flow["name"]
    run = runs(name)[0]
    tap.eq(run["properties"]["status"], "Failed", "the newest order failed")
    acts = actions(name, run["name"])
    bad = acts["Compose_Tags"]
    tap.ok(bad["error"]["code"] == "InvalidTemplate" and "'split' expects its first parameter to be "
           "of type string" in bad["error"]["message"] and "inputsLink" not in bad and
           "outputsLink" not in bad, "null in split()", bad)
    tap.eq(trigger(run)["body"]["Tags"], None, "and the trigger gave the null")
    tap.ok(acts["Create_task"]["status"] == "Skipped" and
           acts["Create_task"]["error"]["code"] == "ActionConditionFailed", "what follows is skipped")
    good = next(r for r in runs(name) if r["properties"]["status"] == "Succeeded")
    acts = actions(name, good["name"])
    tap.ok(content(acts["Compose_Tags"]) and trigger(good)["body"]["Tags"], "a good run has tags")
    title = content(acts["Create_task"], "inputs")["parameters"]["body/title"]
    tap.ok(trigger(good)["body"]["Title"] in title, "inputs hold what expressions came to", title)


def connectors():
    name = "Invoices: file and register"
    seen = {}
    for run in runs(name, "&$filter=status%20eq%20'Failed'&$top=40"):
        for action, p in actions(name, run["name"]).items():
            if p["status"] == "Failed" and "outputsLink" in p:
                seen[p["code"]] = (action, p, content(p))
    for code, status, words in (("NotFound", 404, "does not exist at site"),
                                ("Forbidden", 403, "SELECT permission was denied"),
                                ("429", 429, "Try again in 22 seconds"),
                                ("InternalServerError", 500, "network-related"),
                                ("Unauthorized", 401, "AADSTS700082")):
        have = seen.get(code, (None, {}, {}))
        tap.ok(have[2].get("statusCode") == status and words in json.dumps(have[2]),
               "%s with its reason in the body" % code, have)
    tap.ok(len(seen["429"][1]["retryHistory"]) == 4, "retries are in the history")


def endings():
    for name, status, code in (("Book on cost centre", "Failed", "Terminated"),
                               ("Exchange rates (failures are handled)", "Succeeded", None),
                               ("Price list: hourly update", "Failed", "ActionFailed"),
                               ("Scans to text", "Failed", "ActionFailed"),
                               ("Customers: create everywhere", "Failed", "ActionFailed"),
                               ("Contracts: renew what is due", "Failed", "ActionFailed")):
        p = newest(name, status)["properties"]
        tap.ok(p["status"] == status and p.get("code") == code, "%s: %s" % (name, status), p)
    p = newest("Book on cost centre")["properties"]
    tap.eq(p["error"], {"code": "MissingCostCentre",
                        "message": "The cost centre does not exist or is closed."},
           "Terminate gives the run its error")
    name = "Exchange rates (failures are handled)"
    acts = actions(name, newest(name)["name"])
    tap.ok(acts["Try"]["status"] == "Failed" and acts["Catch"]["status"] == "Succeeded" and
           acts["Finally"]["status"] == "Succeeded", "a caught failure leaves its scope failed")
    name = "Customers: create everywhere"
    acts = actions(name, newest(name)["name"])
    bad = sorted(n for n, p in acts.items() if p["status"] == "Failed")
    tap.ok(bad == ["Create_in_ERP", "Create_site_folder"] and
           acts["Announce"]["status"] == "Succeeded" and
           acts["Mark_as_synchronised"]["status"] == "Skipped", "two of three branches fail", bad)
    name = "Price list: hourly update"
    acts = actions(name, newest(name)["name"])
    tap.eq(acts["Call_pricing_service"]["status"], "TimedOut", "an action that timed out")
    acts = actions("Scans to text", newest("Scans to text", "Failed")["name"])
    tap.eq(acts["Until_done"]["error"]["code"], "UntilLoopLimitsExceeded", "an Until out of time")
    acts = actions("Service desk: route tickets", newest("Service desk: route tickets")["name"])
    skipped = [p["error"]["code"] for p in acts.values() if p["status"] == "Skipped"]
    tap.ok("ActionBranchingConditionNotSatisfied" in skipped, "branches not taken")
    name = "Purchase approval"
    states = [r["properties"]["status"] for r in runs(name)]
    tap.ok(states[0] == "Running" and "Cancelled" in states, "one waits, one was cancelled", states)


def loops():
    name = "Nightly copy of orders to the warehouse database"
    run = newest(name)["name"]
    acts = actions(name, run)
    tap.ok(acts["Upsert_row"]["repetitionCount"] == 3000 and "outputsLink" not in acts["Upsert_row"],
           "a loop in a loop: 3,000 repetitions, no content of their sum")
    url = "%s%s%s/runs/%s/actions/Upsert_row/repetitions" % (t.ready["flow_url"], SIMPLE, base(name),
                                                             run)
    items, pages = t.pages(url + "?" + API + "&$top=250")
    tap.ok(pages == 12 and len(items) == 3000 and items[0]["name"] == "000000-000000" and
           items[-1]["name"] == "000059-000049" and len({x["name"] for x in items}) == 3000,
           "all of them, page by page")
    bad = [x["name"] for x in items if x["properties"]["status"] == "Failed"]
    tap.eq(bad, ["000003-000017", "000003-000018", "000041-000000", "000059-000049"], "few failed")
    few, _ = t.pages(url + "?" + API + "&$filter=Status%20eq%20'Failed'")
    tap.eq([x["name"] for x in few], bad, "$filter finds them")
    one = t.api("GET", url + "/000003-000017?" + API).json["properties"]
    tap.eq(one["repetitionIndexes"], [{"scopeName": "For_each_customer", "itemIndex": 3},
                                      {"scopeName": "For_each_order", "itemIndex": 17}],
           "indexes, outermost first")
    tap.ok("truncated" in json.dumps(content(one)), "the failed one says why")
    tap.eq(content(one, "inputs")["parameters"]["item/Name"], "SO-3-17", "its inputs are its item's")
    a = t.api("GET", url + "/000099-000000?" + API)
    tap.ok(a.status == 404 and a.code == "WorkflowRunActionRepetitionNotFound", "one too many")
    scope = url.replace("Upsert_row/repetitions", "For_each_order/scopeRepetitions")
    items, _ = t.pages(scope + "?" + API + "&$filter=Status%20eq%20'Failed'")
    tap.eq(len(items), 4, "scopeRepetitions of the inner loop")
    outer = url.replace("Upsert_row/repetitions", "For_each_customer/scopeRepetitions")
    items, _ = t.pages(outer + "?" + API + "&$filter=Status%20eq%20'Failed'")
    tap.eq([x["name"] for x in items], ["000003", "000041", "000059"], "and of the outer")
    none = t.api("GET", url.replace("Upsert_row", "For_each_order") + "?" + API).json["value"]
    tap.eq(none, [], "a container has no repetitions with contents")
    after = url.replace("Upsert_row", "Count")
    p = t.api("GET", after + "/000003-000017?" + API).json["properties"]
    tap.eq(p["status"], "Skipped", "what follows a failed repetition is skipped there")
    name = "Sensor readings, hall 2"
    run = newest(name)["name"]
    url = "%s%s%s/runs/%s/actions/Read/repetitions" % (t.ready["flow_url"], SIMPLE, base(name), run)
    few, _ = t.pages(url + "?" + API + "&$filter=Status%20eq%20'Failed'")
    tap.eq([x["name"] for x in few], ["000007", "000311", "000312", "000313", "001024"],
           "five sensors of 1,200")
    a = t.api("POST", url.replace("Read/repetitions", "Store/repetitions/000003") +
              "/listExpressionTraces?" + API, body={})
    tap.ok({"path": "parameters.item/Title", "text": "items('For_each_sensor')?['id']",
            "value": "s-3"} in a.json["inputs"], "expression traces", a.body)
    a = t.api("GET", url.replace("repetitions", "requestHistories") + "?" + API)
    tap.eq(a.status, 404, "request histories are not offered")


def triggers():
    name = "Tell sales about approved orders"
    hist = t.flow("%s/triggers/When_an_item_is_created_or_modified/histories?%s"
                  % (base(name), API)).json["value"]
    tap.ok(runs(name) == [] and hist and
           {h["properties"]["status"] for h in hist} == {"Skipped"} and
           not any(h["properties"]["fired"] for h in hist), "a condition that is never met")
    hist = t.flow("%s/triggers/When_an_item_is_created_or_modified/histories?%s"
                  % (base("Watch the contracts list"), API)).json["value"]
    tap.ok(hist[0]["properties"]["status"] == "Failed" and
           "List not found" in hist[0]["properties"]["error"]["message"], "a trigger that fails")
    name = "Invoices: file and register"
    hist = t.flow("%s/triggers/When_a_new_email_arrives_(V3)/histories?%s&$top=3"
                  % (base(name), API)).json["value"]
    tap.ok(hist[0]["properties"]["fired"] and
           hist[0]["properties"]["run"]["name"] == runs(name)[0]["name"], "one that fired")
    a = t.flow("%s/triggers/nonsense/histories?%s" % (base(name), API))
    tap.eq(a.code, "WorkflowTriggerNotFound", "a trigger that is not there")


def new_runs():
    name = "Invoices: file and register"
    old = runs(name)[0]["name"]
    a = t.flow("%s/triggers/When_a_new_email_arrives_(V3)/histories/%s/resubmit?%s"
               % (base(name), old, API), "POST")
    new = runs(name)[0]
    tap.ok(a.status == 202 and not a.body and new["name"] != old and
           new["properties"]["trigger"]["originHistoryName"] == old, "resubmit starts a new run")
    tap.eq(new["properties"]["status"], "Running", "that runs")
    tap.ok(trigger(new)["body"] is not None, "with the payload")
    a = t.flow("%s/runs/%s/cancel?%s" % (base(name), new["name"], API), "POST")
    p = t.flow("%s/runs/%s?%s" % (base(name), new["name"], API)).json["properties"]
    tap.ok(a.status == 202 and p["status"] == "Cancelled" and p["endTime"], "cancel ends it")
    a = t.flow("%s/runs/%s/cancel?%s" % (base(name), new["name"], API), "POST")
    tap.ok(a.status == 400 and a.code == "WorkflowRunCannotBeCancelled", "once", a.body)
    name = "Purchase approval"
    a = t.flow("%s/triggers/manual/run?%s" % (base(name), API), "POST",
               body={"text": "Ladder", "number": 99})
    new = runs(name)[0]
    tap.ok(a.status == 202 and trigger(new)["body"] == {"text": "Ladder", "number": 99},
           "a button gets its inputs")
    t.set(clockShiftSeconds=10)  # its actions do not start in the moment the trigger fires
    acts = actions(name, new["name"])
    t.set(clockShiftSeconds=0)
    title = content(acts["Start_and_wait_for_an_approval"], "inputs")["parameters"]
    tap.eq(title["WebhookApprovalCreationInput/title"], "Purchase: Ladder", "and uses them")
    name = "Carrier callback: state of parcels"
    a = t.flow("%s/triggers/manual/listCallbackUrl?%s" % (base(name), API), "POST", body={})
    url = a.json["response"]["value"]
    b = t.send("POST", url, {"order": "7", "state": "delivered"})
    tap.ok(b.status == 200 and b.json == {"stored": True} and
           b.headers["x-ms-workflow-run-id"] == runs(name)[0]["name"], "an HTTP trigger answers",
           b.body)
    tap.eq(t.send("POST", url.split("&sig=")[0], {}).code, "DirectApiAuthorizationRequired",
           "not without its signature")
    b = t.send("POST", url, {"order": "7"})
    tap.ok(b.code == "TriggerInputSchemaMismatch" and "state" in b.json["error"]["message"],
           "nor without what its schema requires", b.body)
    b = t.send("POST", url, {}, {"Authorization": "Bearer x"})
    tap.eq(b.code, "DirectApiRequestHasMoreThanOneAuthorization", "nor with a bearer on top")
    a = t.flow("%s/triggers/manual/listCallbackUrl?%s" % (base("Purchase approval"), API), "POST")
    tap.ok(a.status == 400 and "blocked for triggers of type 'Request'" in
           a.json["error"]["message"], "no callback URL for a button")
    t.set(clockShiftSeconds=3600)
    p = t.flow("%s/runs/%s?%s" % (base(name), runs(name)[0]["name"], API)).json
    tap.eq(p["properties"]["status"], "Succeeded", "an hour later it has ended")
    t.set(clockShiftSeconds=0)


def others():
    a = t.flow("/environments/%s/flows/%s/runs?%s" % (PROD, PROD, API))
    tap.eq(a.code, "FlowNotFound", "runs of no flow")
    t.set(admin=True)
    t.tokens.clear()
    url = "%s%s/scopes/admin/environments/%s/v2/flows?%s&$top=250" % (t.ready["flow_url"], SIMPLE,
                                                                      PROD, API)
    every = {f["properties"]["displayName"]: f["name"] for f in t.api("GET", url).json["value"]}
    flow = every["Freight invoices (Olav)"]
    path = "/environments/%s/flows/%s/runs?%s" % (PROD, flow, API)
    tap.eq(t.flow(path).code, "ConnectionAuthorizationFailed", "another's runs are refused")
    tap.ok(t.flow("/scopes/admin" + path).json["value"], "an administrator sees them")
    t.set(adminRuns=False)
    tap.eq(t.flow("/scopes/admin" + path).status, 404, "unless the admin surface has none")
    t.set(adminRuns=True, admin=False)
    t.tokens.clear()
    tap.eq(t.flow("/scopes/admin" + path).status, 403, "without the role it is refused")
    row = t.dataverse("/workflows?$filter=name%20eq%20'Escalations'&$select=workflowid").json
    wid = row["value"][0]["workflowid"]
    rows = t.dataverse("/flowruns?$filter=_workflow_value%20eq%20" + wid + "&$top=5").json["value"]
    tap.ok(len(rows) == 5 and rows[0]["status"] == "Failed" and
           "ActionFailed" in rows[0]["errormessage"] and rows[0]["duration"] > 0,
           "Dataverse has runs of a flow of somebody else", rows[:1])
    tap.eq(t.flow("/environments/%s/flows/%s/runs?%s" % (PROD, wid, API)).status, 403,
           "which the flow host refuses")


null_in_split()
connectors()
endings()
loops()
triggers()
new_runs()
others()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

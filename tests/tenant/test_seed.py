#!/usr/bin/env python3
"""What the believable seed promises, and the large one."""
import collections
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, APPS, POWERAPPS, POWERPLATFORM, SIMPLE, Tap, Tenant

tap = Tap()
PROD = "Operations"


def estate(t):
    envs = t.flow("/environments?" + API).json["value"]
    tap.eq(sorted(e["properties"]["environmentSku"] for e in envs),
           ["Default", "Developer", "Production", "Sandbox"], "four environments")
    tap.eq(sum("linkedEnvironmentMetadata" in e["properties"] for e in envs), 2,
           "two with Dataverse")
    t.set(admin=True)
    t.tokens.clear()
    states, kinds, names, total = collections.Counter(), collections.Counter(), [], 0
    for e in envs:
        url = "%s%s/scopes/admin/environments/%s/v2/flows?%s&$top=50" % (
            t.ready["flow_url"], SIMPLE, e["name"], API)
        for f in t.pages(url)[0]:
            p = f["properties"]
            total += 1
            states[p["state"]] += 1
            names.append(p["displayName"])
            kinds["solution" if "workflowEntityId" in p else "plain"] += 1
            kinds["managed"] += p["isManaged"]
    rows = [r for o in ("org-fabrikam", "org-fabrikamtest")
            for r in t.dataverse("/workflows?$select=category,modernflowtype,name", "GET", o)
            .json["value"]]
    for r in rows:
        kinds["category %d" % r["category"]] += 1
        kinds["agent"] += r["modernflowtype"] == 1
    extra = kinds["category 6"] + kinds["category 4"] + kinds["category 0"]
    tap.ok(total + extra >= 60, "sixty flows and more", "%d + %d" % (total, extra))
    for k in ("plain", "solution", "managed", "agent", "category 4", "category 5", "category 6",
              "category 0"):
        tap.ok(kinds[k] > 0, "kind: " + k)
    tap.ok(states["Started"] > 30 and states["Stopped"] > 2 and states["Suspended"] >= 1,
           "started, stopped, suspended", states)
    t.set(admin=False)
    t.tokens.clear()
    return names


def hostile(names):
    text = "\n".join(names)
    tap.ok("\u202e" in text, "bidi controls in names")
    tap.ok("\u001b" in text, "escape sequences")
    tap.ok(any(len(n) == 300 for n in names), "a very long name")
    tap.ok("Ignore previous instructions" in text, "an injection")
    double = [n for n, c in collections.Counter(names).items() if c > 1]
    tap.ok("Daily report" in double, "two flows of one name")


def connections(t):
    prod = t.environment(PROD)
    url = "%s%s/connections?%s&$filter=environment%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], APPS, API, prod)
    mine = t.pages(url, POWERAPPS)[0]
    broken = [c for c in mine if c["properties"]["overallStatus"] == "Error"]
    tap.ok(len(mine) > 12 and len(broken) >= 3 and
           all(c["properties"]["statuses"][0]["error"]["code"] for c in broken),
           "good and broken connections")
    others = [c for c in mine if c["properties"]["createdBy"]["displayName"] != "Jana Novak"]
    tap.eq(len(others), 1, "one shared by somebody else")
    t.set(admin=True)
    t.tokens.clear()
    every = t.pages("%s%s/scopes/admin/environments/%s/connections?%s&$top=7" % (
        t.ready["powerapps_url"], APPS, prod, API), POWERAPPS)
    tap.ok(len(every[0]) > len(mine) and every[1] > 1 and
           "/scopes/admin/" in every[0][0]["id"], "an administrator sees more, in pages")
    t.set(admin=False)
    t.tokens.clear()
    again = t.pages("%s/connectivity/environments/%s/connections?api-version=2024-10-01" % (
        t.ready["powerplatform_url"], prod), POWERPLATFORM)[0]
    tap.eq(len(again), len(mine), "the connectivity API has the same")
    one = t.apps("/apis/%s/connections/%s?%s&$filter=environment%%20eq%%20'%s'" % (
        mine[0]["properties"]["apiId"].rsplit("/", 1)[1], mine[0]["name"], API, prod))
    tap.eq(one.json["name"], mine[0]["name"], "one by name")


def connectors(t):
    prod = t.environment(PROD)
    a = t.apps("/apis/shared_office365?%s&$filter=environment%%20eq%%20'%s'" % (API, prod))
    send = a.json["properties"]["swagger"]["paths"]["/{connectionId}/v2/Mail"]["post"]
    body = next(p for p in send["parameters"] if p["in"] == "body")
    tap.ok(send["operationId"] == "SendEmailV2" and
           {"To", "Subject", "Body"} <= set(body["schema"]["properties"]) and
           body["schema"]["required"] == ["To", "Subject", "Body"], "swagger of a connector", send)
    tap.ok("swagger" not in t.apps("/apis/shared_office365?" + API).json["properties"],
           "only with the environment")
    found = t.flow("/environments/%s/operations?%s" % (prod, API), "POST", body={
        "searchText": "send email", "allTagsToInclude": ["Action"],
        "anyTagsToExclude": ["Deprecated", "Trigger"]}).json["value"]
    names = [o["name"] for o in found]
    tap.ok("SendEmailV2" in names and "SendEmail" not in names and "OnNewEmailV3" not in names,
           "operations by words and tags", names)
    url = "%s%s/connections?%s&$filter=environment%%20eq%%20'%s'%%20and%%20apiId%%20eq%%20'%s'" % (
        t.ready["powerapps_url"], APPS, API, prod, APPS + "/apis/shared_sharepointonline")
    sp = t.pages(url, POWERAPPS)[0][0]["name"]
    host = t.ready["environment_url"].replace("{environment}", prod.replace("-", ""))
    base = host + "/powerautomate/apis/shared_sharepointonline/connections/" + sp
    sites = t.api("POST", base + "/listEnum?api-version=1", body={
        "parameters": {}, "dynamicInvocationDefinition": {
            "operationId": "GetDataSets", "parameters": {}, "itemsPath": "value",
            "itemValuePath": "Name", "itemTitlePath": "DisplayName"}}).json["value"]
    lists = t.api("POST", base + "/listEnum?api-version=1", body={
        "parameters": {"dataset": sites[0]["value"]}, "dynamicInvocationDefinition": {
            "operationId": "GetTables", "parameters": {"dataset": {"parameterReference": "dataset"}},
            "itemsPath": "value", "itemValuePath": "Name", "itemTitlePath": "DisplayName"}}).json
    tap.eq([x["displayName"] for x in lists["value"]], ["Orders", "Order tags", "Invoices"],
           "values of a picker, one after the other")
    schema = t.api("POST", base + "/listDynamicProperties?api-version=1", body={
        "parameters": {"dataset": sites[0]["value"], "table": lists["value"][0]["value"]},
        "dynamicInvocationDefinition": {"operationId": "GetTable", "parameters": {
            "table": {"parameterReference": "table"}}, "itemValuePath": "Schema/Items"}}).json
    tap.ok("Amount" in schema["properties"], "columns of a list", schema)
    a = t.api("POST", base + "/listEnum?api-version=1", body={"parameters": {}})
    tap.eq(a.code, "IncorrectDynamicInvokeParameter", "a picker asked wrongly")


def documented(t):
    prod, dev = t.environment(PROD), t.environment("Jana Novak")
    base = t.ready["powerplatform_url"] + "/powerautomate/environments/"
    flows, pages = t.pages(base + prod + "/cloudFlows?api-version=2024-10-01", POWERPLATFORM)
    tap.ok(len(flows) >= 8 and all(json.loads(f["definition"])["properties"] for f in flows),
           "cloudFlows of the documented API", len(flows))
    one = flows[0]["workflowId"]
    runs = t.api("GET", "%s%s/flowRuns?api-version=2024-10-01&workflowId=%s" % (base, prod, one),
                 POWERPLATFORM)
    tap.ok(runs.json["value"][0]["workflowId"] == one, "flowRuns")
    used = t.api("GET", "%s%s/flowActions?api-version=2024-10-01&connector=shared_sql" % (base, prod),
                 POWERPLATFORM).json["value"]
    tap.ok(used and all("shared_sql" in x["connector"] for x in used), "flowActions by connector")
    tap.eq(t.api("GET", base + dev + "/cloudFlows?api-version=2024-10-01", POWERPLATFORM).status,
           404, "none without Dataverse")


def history(t):
    prod = t.environment(PROD)
    flow = t.flow_named(prod, "Price list: hourly update")
    url = "%s%s/environments/%s/flows/%s/runs?%s&$top=250" % (t.ready["flow_url"], SIMPLE, prod,
                                                             flow, API)
    runs = t.pages(url)[0]
    tap.ok(600 <= len(runs) <= 28 * 24, "an hourly flow has 28 days of runs", len(runs))
    states = collections.Counter(r["properties"]["status"] for r in runs)
    tap.ok(states["Succeeded"] > states["Failed"] > 5, "most are good", states)
    tap.eq(len({r["name"] for r in runs}), len(runs), "each has a name of its own")
    names = [r["name"] for r in runs]
    tap.eq(names, sorted(names), "names count down with time, as the service's do")


def whole(t):
    """Every content of the newest run of every flow is there, and no expression is left in it."""
    raw, wrong, seen = [], [], 0
    for e in t.flow("/environments?" + API).json["value"]:
        for f in t.flows(e["name"]) + t.flows(e["name"], "team"):
            base = "/environments/%s/flows/%s" % (e["name"], f["name"])
            full = t.flow(base + "?" + API).json["properties"]
            if not full["definition"] or "connectionReferences" not in full:
                wrong.append(f["properties"]["displayName"])
            for r in t.flow(base + "/runs?%s&$top=1" % API).json["value"]:
                acts = t.flow("%s/runs/%s/actions?%s&$top=250" % (base, r["name"], API)).json["value"]
                for x in acts:
                    for k in ("inputsLink", "outputsLink"):
                        if k not in x["properties"]:
                            continue
                        link = x["properties"][k]
                        a = t.send("GET", link["uri"])
                        seen += 1
                        if a.status != 200 or len(a.body) != link["contentSize"]:
                            wrong.append((f["properties"]["displayName"], x["name"], a.status))
                        if b"@{" in a.body or b"@outputs(" in a.body or b"{{" in a.body:
                            raw.append((f["properties"]["displayName"], x["name"]))
    tap.ok(seen > 200 and not wrong, "contents of all newest runs", wrong[:5])
    tap.eq(raw, [], "no expression is left in them")


def large():
    t = Tenant("--seed", "large")
    prod = t.environment(PROD)
    flows = {f["properties"]["displayName"]: f["name"] for f in t.flows(prod)}
    base = "/environments/%s/flows/" % prod

    def newest(name):
        path = base + flows[name]
        run = t.flow(path + "/runs?%s&$top=1" % API).json["value"][0]["name"]
        return "%s/runs/%s" % (path, run)

    full = t.flow(base + flows["2,000 actions"] + "?" + API).json["properties"]["definition"]
    tap.eq(len(full["actions"]), 2000, "a flow of 2,000 actions")
    acts, pages = t.pages("%s%s%s/actions?%s&$top=250" % (
        t.ready["flow_url"], SIMPLE, newest("2,000 actions"), API))
    tap.ok(len(acts) == 2000 and pages == 8, "and a run of them")
    path = newest("100,000 repetitions") + "/actions/Update/repetitions"
    start = time.time()
    bad = t.flow(path + "?%s&$filter=Status%%20eq%%20'Failed'" % API).json["value"]
    tap.eq([x["name"] for x in bad], ["004242", "077777", "099999"], "3 bad ones of 100,000")
    last = t.flow(path + "/099999?" + API)
    tap.eq(last.json["properties"]["repetitionIndexes"][0]["itemIndex"], 99999, "the last one")
    tap.ok(time.time() - start < 20, "found in time")
    x = t.flow(newest("50 MB outputs") + "/actions/Export_everything?" + API).json["properties"]
    tap.eq(x["outputsLink"]["contentSize"], 52428800, "50 MB of outputs")
    tap.eq(len(t.flows(t.environment("(default)"))), 400, "400 flows in one environment")
    tap.eq(t.stop()[0], 0, "ends clean")


def main():
    t = Tenant()
    hostile(estate(t))
    connections(t)
    connectors(t)
    documented(t)
    history(t)
    whole(t)
    code, err = t.stop()
    tap.ok(code == 0 and not err, "ends clean", err)
    large()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())

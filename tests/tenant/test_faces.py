#!/usr/bin/env python3
"""Who may ask what: audiences, expiry, hosts, paging in every spelling, languages, filters."""
import json
import os
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, APPS, BAP, FLOW, POWERAPPS, POWERPLATFORM, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
prod = t.environment("Operations")
org = t.ready["dataverse_url"].replace("{organization}", "org-fabrikam")
env_host = t.ready["environment_url"].replace("{environment}", prod.replace("-", ""))

FACES = [
    ("flow", t.ready["flow_url"] + SIMPLE + "/environments?" + API, FLOW),
    ("powerapps", t.ready["powerapps_url"] + APPS + "/connections?" + API, POWERAPPS),
    ("bap", t.ready["bap_url"] + BAP + "/environments?api-version=2020-10-01", POWERAPPS),
    ("powerplatform", t.ready["powerplatform_url"] +
     "/environmentmanagement/environments?api-version=2024-10-01", POWERPLATFORM),
    ("environment", env_host + "/powerautomate/flows?api-version=1", FLOW),
    ("environment, connectivity", env_host + "/connectivity/connections?api-version=1",
     POWERPLATFORM),
    ("dataverse", org + "/api/data/v9.2/WhoAmI", org),
]


def variables():
    """Environment variables, with their values when those are asked for."""
    base = org + "/api/data/v9.2/environmentvariable"
    one = "$filter=" + urllib.parse.quote("schemaname eq 'fab_WarehouseSite'")
    nested = "environmentvariabledefinition_environmentvariablevalue"
    a = t.api("GET", base + "definitions?$select=schemaname,defaultvalue&$expand=" + nested +
              "($select=value)&" + one, org)
    tap.ok(a.status == 200 and len(a.json["value"]) == 1 and
           set(a.json["value"][0]) >= {"schemaname", "defaultvalue", nested} and
           "type" not in a.json["value"][0] and
           a.json["value"][0][nested][0]["value"].endswith("/warehouse"), "an environment variable",
           a.body)
    a = t.api("GET", base + "definitions", org)
    tap.ok(len(a.json["value"]) == 4 and nested not in a.json["value"][0], "all of them", a.body)
    definitions = {v["environmentvariabledefinitionid"] for v in a.json["value"]}
    a = t.api("GET", base + "values", org)
    tap.ok({v["_environmentvariabledefinitionid_value"] for v in a.json["value"]} < definitions,
           "their values", a.body)


def audiences():
    for name, url, audience in FACES:
        tap.eq(t.api("GET", url, audience).status, 200, "%s takes its audience" % name)
        wrong = POWERPLATFORM if audience != POWERPLATFORM else FLOW
        a = t.api("GET", url, wrong)
        tap.ok(a.status == 401 and a.code == "InvalidAuthenticationAudience" and
               "WWW-Authenticate" in a.headers, "%s refuses another" % name, a.body)
        a = t.send("GET", url)
        tap.ok(a.status == 401 and "Bearer" in a.headers["WWW-Authenticate"],
               "%s refuses none" % name, a.body)
        a = t.send("GET", url, headers={"Authorization": "Bearer made-up"})
        tap.eq(a.status, 401, "%s refuses a made-up one" % name)
    a = t.api("GET", FACES[0][1], POWERPLATFORM)
    tap.ok("'https://service.flow.microsoft.com/'" in a.json["error"]["message"],
           "the refusal names the audiences that are taken")
    a = t.send("GET", org + "/api/data/v9.2/WhoAmI")
    tap.ok("authorization_uri=" in a.headers["WWW-Authenticate"] and
           "/oauth2/authorize" in a.headers["WWW-Authenticate"] and not a.body,
           "Dataverse names the authority, and says nothing else")
    single = t.refresh(FLOW[:-1])
    a = t.send("GET", FACES[0][1], headers={"Authorization": "Bearer " +
                                            single.json["access_token"]})
    tap.eq(a.status, 401, "an audience without its slash is another one")
    t.set(tokenSeconds=60)
    short = t.refresh(FLOW).json["access_token"]
    head = {"Authorization": "Bearer " + short}
    tap.eq(t.send("GET", FACES[0][1], headers=head).status, 200, "a young token is good")
    t.set(clockShiftSeconds=120)
    a = t.send("GET", FACES[0][1], headers=head)
    tap.ok(a.status == 401 and a.code == "ExpiredAuthenticationToken", "an old one is not", a.body)
    t.set(clockShiftSeconds=0, tokenSeconds=4474)
    read = t.post_form(t.token_url(), {
        "grant_type": "refresh_token", "client_id": t.ready["client_id"],
        "refresh_token": t.refresh_token, "scope": FLOW + "/Flows.Read.All"}).json["access_token"]
    url = "%s%s/environments/%s/flows" % (t.ready["flow_url"], SIMPLE, prod)
    a = t.send("POST", url + "?" + API, b"{}", {"Authorization": "Bearer " + read})
    tap.ok(a.status == 403 and a.code == "InsufficientDelegatedPermissions",
           "a read scope does not write", a.body)


def hosts():
    same = t.flow("/environments?" + API).json
    head = {"Authorization": "Bearer " + t.token(FLOW)}
    a = t.send("GET", SIMPLE + "/environments?" + API, headers=head)
    tap.eq(len(a.json["value"]), len(same["value"]), "plain localhost tells faces by path")
    europe = t.ready["flow_url"].replace("//flow.", "//europe.flow.")
    tap.eq(t.api("GET", europe + SIMPLE + "/environments?" + API).status, 200,
           "regional sub-domains answer")
    hex_id = prod.replace("-", "")
    split = t.ready["environment_url"].replace("{environment}", hex_id[:-2] + "." + hex_id[-2:])
    tap.eq(t.api("GET", split + "/powerautomate/flows?api-version=1").status, 200,
           "an environment's host may be split as in the public cloud")
    a = t.api("GET", t.ready["powerapps_url"] + SIMPLE + "/environments?" + API, POWERAPPS)
    tap.ok(a.status == 404 and a.code == "RouteNotFound", "a path of another face is not found")
    a = t.flow("/environments")
    tap.ok(a.status == 400 and a.code == "MissingApiVersionParameter", "api-version is asked for")
    a = t.flow("/environments/%s/flows/%s/nonsense?%s" % (prod, prod, API))
    tap.eq(a.status, 404, "an unknown path is not found")
    a = t.flow("/environments/%s/connections?%s" % (prod, API))
    tap.eq(a.code, "RouteNotFound", "connections are not on the flow host")


def paging():
    base = "%s%s/environments/%s/flows" % (t.ready["flow_url"], SIMPLE, prod)
    q = "?%s&$filter=search('personal')&include=includeSolutionCloudFlows" % API
    first = t.api("GET", base + q).json
    tap.eq(len(first["value"]), 25, "a page has 25 flows")
    link = first["nextLink"]
    tap.ok("europe.flow.practice.localhost" in link and "%3d" in link and "%24skiptoken" in link,
           "nextLink is regional and keeps its escapes", link)
    items, pages = t.pages(base + q)
    names = [f["name"] for f in items]
    tap.ok(pages == 2 and len(set(names)) == len(names) > 25, "following it gives each flow once",
           "%d pages, %d flows" % (pages, len(names)))
    items, pages = t.pages(base + q + "&$top=7")
    tap.ok([f["name"] for f in items] == names and pages == (len(names) + 6) // 7,
           "$top is the size of a page")
    without, _ = t.pages("%s?%s&$filter=search('personal')" % (base, API))
    tap.ok(0 < len(without) < len(names), "solution flows come only when they are asked for")
    url = t.ready["powerplatform_url"] + \
        "/environmentmanagement/environments?api-version=2024-10-01"
    items, pages = t.pages(url, POWERPLATFORM, "@odata.nextlink")
    tap.ok(len(items) == 4 and pages == 2, "@odata.nextlink, with a small l")
    url = org + "/api/data/v9.2/workflows?$select=name"
    items, pages = t.pages(url, org, "@odata.nextLink", {"Prefer": "odata.maxpagesize=4"})
    tap.ok(pages > 2 and len({f["workflowid"] for f in items if "workflowid" in f} or
                             {f["name"] for f in items}) >= 8, "@odata.nextLink with a cookie")
    url = "%s%s/apis?%s&$filter=environment%%20eq%%20'%s'" % (t.ready["powerapps_url"], APPS, API,
                                                             prod)
    a = t.api("GET", url, POWERAPPS).json
    tap.ok(a["nextLink"].startswith("https://management.azure.com/providers/Microsoft.PowerApps/"),
           "/apis links to the Resource Manager", a["nextLink"])

    def swap(link):
        u = urllib.parse.urlsplit(link)
        return t.ready["powerapps_url"] + u.path + "?" + u.query

    items, pages = t.pages(url, POWERAPPS, fix=swap)
    tap.ok(pages == 4 and len(items) == 16, "with the host swapped back it goes on",
           "%d pages, %d items" % (pages, len(items)))
    t.set(pageSize=3)
    items, pages = t.pages(base + q)
    tap.ok(len(items) == len(names) and pages == (len(names) + 2) // 3, "tests may ask for less")
    t.set(pageSize=0)


def filters():
    flow = t.flow_named(prod, "Invoices: file")
    base = "/environments/%s/flows/%s/runs?%s" % (prod, flow, API)
    every = t.pages(t.ready["flow_url"] + SIMPLE + base)[0]
    bad = t.pages(t.ready["flow_url"] + SIMPLE + base + "&$filter=status%20eq%20'Failed'")[0]
    tap.ok(0 < len(bad) < len(every) and
           {r["properties"]["status"] for r in bad} == {"Failed"} and
           [r["name"] for r in bad] ==
           [r["name"] for r in every if r["properties"]["status"] == "Failed"],
           "runs by status")
    middle = every[len(every) // 2]["properties"]["startTime"]
    late = t.pages(t.ready["flow_url"] + SIMPLE + base +
                   "&$filter=startTime%20ge%20" + middle)[0]
    tap.eq(len(late), len(every) // 2 + 1, "runs by time")
    both = t.pages(t.ready["flow_url"] + SIMPLE + base + "&$filter=status%20eq%20'Failed'%20and%20"
                   "startTime%20ge%20" + middle)[0]
    tap.eq([r["name"] for r in both],
           [r["name"] for r in late if r["properties"]["status"] == "Failed"], "by both")
    a = t.flow(base.replace("?", "?$filter=status%20is%20bad&"))
    tap.ok(a.status == 400 and a.code == "InvalidFilterInQueryString", "a filter it cannot read")
    starts = [r["properties"]["startTime"] for r in every]
    tap.eq(starts, sorted(starts, reverse=True), "newest first")


def languages():
    path = "/environments/%s/flows/%s?%s" % (prod, prod, API)
    texts = {}
    for language in ("en-US", "de-DE", "nb-NO"):
        a = t.flow(path, headers={"Accept-Language": language})
        tap.eq(a.code, "FlowNotFound", "codes are not translated (%s)" % language)
        texts[language] = a.json["error"]["message"]
    tap.eq(len(set(texts.values())), 3, "messages are")
    t.set(language="de")
    a = t.flow(path, headers={"Accept-Language": "en-US"})
    tap.ok(a.json["error"]["message"] == texts["de-DE"], "a language can be forced")
    a = t.dataverse("/workflows?$filter=statecode%20eq%200&$top=1",
                    headers={"Prefer": 'odata.include-annotations="*"'}).json["value"][0]
    tap.eq(a["statecode@OData.Community.Display.V1.FormattedValue"], "Entwurf", "labels too")
    t.set(language="auto")


def envelopes():
    run = "/environments/%s/flows/%s/runs/08584173836133456324137110841CU04?%s" % (
        prod, t.flow_named(prod, "Invoices: file"), API)
    a = t.flow(run)
    tap.ok(a.json["error"]["code"] == "AzureResourceManagerRequestFailed" and
           a.code == "WorkflowRunNotFound", "JSON inside the message of an ARM error", a.body)
    a = t.refresh(FLOW, client_id="00000000-0000-0000-0000-000000000000")
    tap.ok(a.json["error"] == "unauthorized_client" and a.json["error_codes"] == [700016],
           "Entra's envelope")
    row = t.dataverse("/workflows(%s)" % prod)
    tap.ok(row.status == 404 and row.code == "0x80040217", "Dataverse's code")
    t.control("fault", {"path": "*/flows?*", "status": 429, "headers": {"Retry-After": "1"},
                        "body": {"statusCode": 429, "message": "Rate limit is exceeded. "
                                 "Try again in 1 seconds."}})
    a = t.flow("/environments/%s/flows?%s" % (prod, API))
    tap.ok(a.status == 429 and a.headers["Retry-After"] == "1" and a.json["statusCode"] == 429,
           "the gateway's envelope")
    flow = t.flow_named(prod, "Invoices: file")
    runs = t.flow("/environments/%s/flows/%s/runs?%s" % (prod, flow, API)).json["value"]
    found = False
    for r in runs[:1]:
        acts = t.flow("/environments/%s/flows/%s/runs/%s/actions?%s"
                      % (prod, flow, r["name"], API)).json["value"]
        for x in acts:
            if x["properties"]["status"] == "Failed" and "outputsLink" in x["properties"]:
                body = t.send("GET", x["properties"]["outputsLink"]["uri"]).json["body"]
                found = "odata.error" in json.dumps(body)
    tap.ok(found, "an odata.error in the outputs of a failed action")


audiences()
hosts()
paging()
filters()
variables()
languages()
envelopes()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

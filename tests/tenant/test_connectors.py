#!/usr/bin/env python3
"""Connectors: long swaggers, pickers, columns; connections made, consented to and tested."""
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, POWERAPPS, Tap, Tenant

tap = Tap()
t = Tenant()
PROD = t.environment("Operations")
HUB = "https://apihub.azure.com"
WHERE = "$filter=environment%%20eq%%20'%s'" % PROD
HOST = t.ready["environment_url"].replace("{environment}", PROD.replace("-", ""))
SITE = "https://fabrikam.sharepoint.example/sites/orders"


def connections():
    url = "%s/providers/Microsoft.PowerApps/connections?%s&%s" % (t.ready["powerapps_url"], API,
                                                                 WHERE)
    return {c["name"]: c["properties"] for c in t.pages(url, POWERAPPS)[0]}


def connection(api):
    return next(n for n, p in connections().items() if p["apiId"].endswith("/" + api) and
                p["overallStatus"] == "Connected")


def swagger(api):
    return t.apps("/apis/%s?%s&%s" % (api, API, WHERE)).json["properties"]["swagger"]


def ask(api, what, operation, parameters=None, mapping=None, name=None, **how):
    how = dict({"operationId": operation, "parameters": mapping or {}, "itemsPath": "value"}, **how)
    if operation is None:
        del how["operationId"]
    return t.api("POST", "%s/powerautomate/apis/%s/connections/%s/%s?api-version=1" % (
        HOST, api, name or connection(api), what),
        body={"parameters": parameters or {}, "dynamicInvocationDefinition": how})


def swaggers():
    a = t.apps("/apis/shared_fabrikamerp-7c2d90?%s&%s" % (API, WHERE))
    paths = a.json["properties"]["swagger"]["paths"]
    tap.ok(len(a.body) > 550000 and sum(len(p) for p in paths.values()) == 500,
           "a swagger of 600 kB", len(a.body))
    again = t.apps("/apis/shared_fabrikamerp-7c2d90?%s&%s" % (API, WHERE))
    tap.eq(again.body, a.body, "the same each time")
    s = swagger("shared_sharepointonline")
    p = next(o for x in s["paths"].values() for o in x.values() if o["operationId"] == "GetItems")
    table = next(x for x in p["parameters"] if x["name"] == "table")
    tap.ok(table["x-ms-dynamic-values"]["parameters"] == {"dataset": {"parameter": "dataset"}} and
           table["x-ms-dynamic-list"]["parameters"] ==
           {"dataset": {"parameterReference": "dataset"}}, "both styles of pickers", table)
    p = next(o for x in s["paths"].values() for o in x.values() if o["operationId"] == "PostItem")
    body = next(x for x in p["parameters"] if x["in"] == "body")["schema"]
    tap.ok(body["x-ms-dynamic-schema"]["value-path"] == "Schema/Items" and
           body["x-ms-dynamic-properties"]["itemValuePath"] == "Schema/Items",
           "and of columns", body)
    s = swagger("shared_office365")
    p = next(o for x in s["paths"].values() for o in x.values()
             if o["operationId"] == "SendEmailV2")
    to = next(x for x in p["parameters"] if x["in"] == "body")["schema"]["properties"]["To"]
    tap.ok(to["x-ms-dynamic-list"]["builtInOperation"] == "AadGraph.GetUsers" and
           "x-ms-dynamic-values" not in to, "the built-in picker of people", to)


def pickers():
    names = {"itemValuePath": "Name", "itemTitlePath": "DisplayName"}
    sp = "shared_sharepointonline"
    a = ask(sp, "listEnum", "GetTables", {"dataset": SITE}, **names)
    tap.ok(a.status == 400 and a.code == "IncorrectDynamicInvokeParameter",
           "an outer parameter that the mapping does not name is not seen", a.body)
    a = ask(sp, "listEnum", "GetTables", {"dataset": SITE}, {"dataset": {"parameter": "dataset"}},
            **names)
    tap.eq(a.code, "IncorrectDynamicInvokeParameter", "the older style is not taken")
    a = ask(sp, "listEnum", "GetTables", {"dataset": SITE},
            {"dataset": {"parameterReference": "dataset"}}, **names)
    tap.eq([x["displayName"] for x in a.json["value"]], ["Orders", "Order tags", "Invoices"],
           "by reference")
    table = a.json["value"][0]["value"]
    a = ask(sp, "listEnum", "GetTables", {}, {"dataset": {"value": SITE}}, **names)
    tap.eq(len(a.json["value"]), 3, "or by value")
    a = ask(sp, "listDynamicProperties", "GetTable", {"dataset": SITE, "table": table},
            {"dataset": {"parameterReference": "dataset"}, "table": {"parameterReference": "table"}},
            itemValuePath="Schema/Items")
    tap.ok("Amount" in a.json["properties"] and a.json["required"] == ["Title"], "columns of a list")
    a = ask("shared_office365", "listEnum", None, builtInOperation="AadGraph.GetUsers",
            itemValuePath="mail", itemTitlePath="displayName")
    tap.ok(a.status == 400 and a.code == "DynamicListValuesUndefinedOrInvalid",
           "the built-in picker of people never works", a.body)
    users = {"itemValuePath": "Mail", "itemTitlePath": "DisplayName"}
    a = ask("shared_office365users", "listEnum", "SearchUserV2", {},
            {"searchTerm": {"value": "piet"}}, **users)
    tap.eq(a.json["value"], [{"value": "piet.devries@fabrikam.example",
                              "displayName": "Piet de Vries"}], "searching people does")
    a = ask("shared_office365users", "listEnum", "SearchUserV2", **users)
    tap.ok(len(a.json["value"]) == 5 and "Operations team" not in str(a.json), "all of them", a.body)
    dv = "shared_commondataserviceforapps"
    a = ask(dv, "listEnum", "GetEntities", itemValuePath="EntitySetName",
            itemTitlePath="DisplayName")
    tap.ok("accounts" in [x["value"] for x in a.json["value"]], "tables")
    a = ask(dv, "listDynamicProperties", "GetMetadataForPostEntity", {"entityName": "accounts"},
            {"entityName": {"parameterReference": "entityName"}}, itemValuePath="schema")
    tap.eq(a.json["required"], ["name"], "and their columns")
    teams = {"itemValuePath": "id", "itemTitlePath": "displayName"}
    a = ask("shared_teams", "listEnum", "GetAllTeams", **teams)
    one = a.json["value"][0]["value"]
    a = ask("shared_teams", "listEnum", "GetChannelsForGroup", {"body/recipient/groupId": one},
            {"groupId": {"parameterReference": "body/recipient/groupId"}}, **teams)
    tap.eq([x["displayName"] for x in a.json["value"]], ["General", "Orders"], "teams and channels")
    for location, kind in (("Channel", "object"), ("Group chat", "string")):
        a = ask("shared_teams", "listDynamicProperties", "GetMessageSchema",
                {"poster": "User", "location": location},
                {"poster": {"parameterReference": "poster"},
                 "location": {"parameterReference": "location"}}, itemValuePath="recipient")
        tap.eq(a.json["type"], kind, "what a message needs in a " + location)
    broken = next(n for n, p in connections().items() if p["overallStatus"] == "Error" and
                  p["apiId"].endswith("/shared_office365"))
    tap.eq(ask("shared_office365", "listEnum", "GetX", name=broken).status, 403,
           "not through a broken connection")


def put(api, name, **parameters):
    return t.apps("/apis/%s/connections/%s?%s&%s" % (api, name, API, WHERE), "PUT", body={
        "properties": {"environment": {"id": "/providers/Microsoft.PowerApps/environments/" + PROD,
                                       "name": PROD}, "displayName": "Mine",
                       "connectionParameters": parameters}})


def status(name):
    return connections()[name]["statuses"][0]["status"]


def test(name):
    return t.api("GET", connections()[name]["testLinks"][0]["requestUri"], HUB)


def making():
    name = "5" * 32
    a = put("shared_office365", name)
    s = a.json["properties"]["statuses"][0]
    tap.ok(a.status == 201 and (s["status"], s["target"], s["error"]["code"]) ==
           ("Error", "token", "Unauthenticated"), "a connection that waits for consent", a.body)
    tap.eq(test(name).status, 401, "does not work yet")
    url = "/apis/shared_office365/connections/%s/ACTION?%s&%s" % (name, API, WHERE)
    a = t.apps(url.replace("ACTION", "getConsentLink"), "POST", body={"redirectUrl": "https://make.example/back"})
    link = a.json["consentLink"]
    tap.ok(a.json["redirectUrl"] == "https://make.example/back" and b"Accept" in
           t.send("GET", link).body, "its consent link leads to a page", a.body)
    tap.eq(t.send("GET", link.replace("data=", "data=x")).status, 400, "made by the service only")
    a = t.apps(url.replace("ACTION", "confirmConsentCode"), "POST", body={"code": "guess"})
    tap.eq((a.status, status(name)), (400, "Error"), "a code is not guessed")
    t.post_form(link, {"action": "accept"})
    tap.eq((status(name), test(name).status), ("Connected", 200), "a person accepts, and it works")
    name = "6" * 32
    put("shared_teams", name)
    t.control("connection", {"connection": name, "consent": True})
    tap.eq(status(name), "Connected", "or a test does")
    name = "7" * 32
    put("shared_teams", name)
    url = "/apis/shared_teams/connections/%s/ACTION?%s&%s" % (name, API, WHERE)
    link = t.apps(url.replace("ACTION", "getConsentLink"), "POST", body={}).json["consentLink"]
    t.apps(url.replace("ACTION", "confirmConsentCode"), "POST", body={"code": link.rsplit(".", 1)[1]})
    tap.eq(status(name), "Connected", "or the code that came back")
    name = "8" * 32
    a = put("shared_plantsensors-5f8b1c", name, api_key="s3cret")
    tap.ok(a.json["properties"]["statuses"] == [{"status": "Connected"}] and
           b"s3cret" not in a.body, "a key works at once and is not shown", a.body)
    put("shared_plantsensors-5f8b1c", name, api_key="wrong")
    tap.eq((status(name), test(name).status), ("Error", 401), "a wrong one does not")
    theirs = next(n for n, p in connections().items()
                  if p["createdBy"]["displayName"] == "Piet de Vries")
    tap.eq(put("shared_sharepointonline", theirs).status, 403, "another's cannot be made over")
    tap.eq(put("shared_nothing", "9" * 32).code, "ApiResourceNotFound", "no such connector")


swaggers()
pickers()
making()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

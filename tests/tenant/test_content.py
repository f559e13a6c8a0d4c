#!/usr/bin/env python3
"""Content links: no bearer, expiry, signatures, sizes, hidden and very large contents."""
import base64
import hashlib
import os
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, Tap, Tenant

tap = Tap()
t = Tenant()
prod = t.environment("Operations")


def newest(part, **more):
    base = "/environments/%s/flows/%s/runs" % (prod, t.flow_named(prod, part))
    run = t.flow(base + "?" + API).json["value"][0]["name"]
    acts = t.flow("%s/%s/actions?%s&$top=250" % (base, run, API), **more).json["value"]
    return {x["name"]: x["properties"] for x in acts}


def rules():
    link = newest("Invoices: file")["Find_supplier"]["outputsLink"]
    uri = link["uri"]
    tap.ok(urllib.parse.urlsplit(uri).netloc == t.ready["content_host"], "a host of their own")
    a = t.send("GET", uri)
    md5 = base64.b64encode(hashlib.md5(a.body).digest()).decode()
    tap.ok(a.status == 200 and len(a.body) == link["contentSize"] and
           md5 == link["contentHash"]["value"], "size and hash are true")
    tap.ok("x-ms-ratelimit-burst-remaining-workflow-reads" in a.headers, "rate limit headers")
    for value in ("Bearer " + t.token(FLOW), "Bearer x", "Basic eDp5"):
        a = t.send("GET", uri, headers={"Authorization": value})
        tap.ok(a.status == 401 and a.code == "DirectApiRequestHasMoreThanOneAuthorization",
               "refused with an Authorization header")
    tap.eq(t.stats()["bearerOnContent"], 3, "and counted")
    tap.eq(t.send("GET", uri.replace("sig=", "sig=x")).status, 401, "a wrong signature")
    tap.eq(t.send("GET", uri.split("&sig=")[0]).code, "DirectApiAuthorizationRequired",
           "no signature")
    other = uri.replace("Find_supplier", "Confirm")
    tap.eq(t.send("GET", other).status, 401, "a signature is for one content")
    late = uri.replace("se=20", "se=21")
    tap.eq(t.send("GET", late).status, 401, "an expiry cannot be moved")
    t.set(clockShiftSeconds=6 * 3600)
    a = t.send("GET", uri)
    tap.eq(a.status, 403, "expired after some hours")
    t.set(clockShiftSeconds=0, linkSeconds=1)
    uri = newest("Invoices: file")["Find_supplier"]["outputsLink"]["uri"]
    tap.eq(t.send("GET", uri).status, 200, "a short life, if a test wants it")
    time.sleep(2.1)
    tap.eq(t.send("GET", uri).status, 403, "is short")
    t.set(linkSeconds=0)
    tap.eq(t.send("POST", uri).status, 404, "GET only")


def hidden():
    acts = newest("Payroll: count runs")
    link = acts["Get_secret"]["outputsLink"]
    tap.eq(link["secureData"], {"properties": ["outputs"]}, "secureData is marked")
    body = t.send("GET", link["uri"]).body
    tap.ok(b"canary" not in body and b"Content not shown" in body, "and its content is hidden", body)
    link = acts["Read_payroll"]["inputsLink"]
    tap.ok(b"canary" not in t.send("GET", link["uri"]).body, "so are inputs made of it")
    tap.ok("secureData" not in acts["Read_payroll"].get("outputsLink", {}), "only what was asked")


def sizes():
    t.set(outputBytes=50 * 1024 * 1024)
    acts = newest("Invoices: file")
    link = acts["Store_attachment"]["outputsLink"]
    tap.eq(link["contentSize"], 50 * 1024 * 1024, "50 MB on demand")
    a = t.send("GET", link["uri"], timeout=60)
    md5 = base64.b64encode(hashlib.md5(a.body).digest()).decode()
    tap.ok(len(a.body) == link["contentSize"] and md5 == link["contentHash"]["value"] and
           len(a.json["body"]["value"]) > 400000, "all of it, and it is JSON")
    t.set(outputBytes=2000)
    link = newest("Invoices: file")["Store_attachment"]["outputsLink"]
    tap.ok(len(t.send("GET", link["uri"]).json["body"]["value"]) > 5, "2,000 bytes")
    t.set(outputBytes=0)
    with open("/proc/%d/status" % t.process.pid) as f:
        peak = int(next(l for l in f if l.startswith("VmHWM")).split()[1])
    limit = 120000 if "san" not in os.environ.get("B", "") else 4000000
    tap.ok(peak < limit, "made while it is sent, not stored", "%d kB" % peak)


rules()
hidden()
sizes()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

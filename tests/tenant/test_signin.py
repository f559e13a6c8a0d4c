#!/usr/bin/env python3
"""The sign-in face: device code with each polling error, browser, refresh, rotation, policies."""
import base64
import hashlib
import html
import json
import os
import re
import sys
import urllib.parse

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, ROOT, POWERAPPS, POWERPLATFORM, SIMPLE, Tap, Tenant

tap = Tap()
t = Tenant()
LOGIN = t.ready["login_url"]
CLIENT = t.ready["client_id"]
SCOPE = FLOW + "/.default openid profile offline_access"


def device(tenant="organizations", **more):
    fields = {"client_id": CLIENT, "scope": SCOPE}
    fields.update(more)
    return t.post_form("%s/%s/oauth2/v2.0/devicecode" % (LOGIN, tenant), fields)


def poll(code, tenant="organizations", client=CLIENT):
    return t.post_form("%s/%s/oauth2/v2.0/token" % (LOGIN, tenant), {
        "grant_type": "urn:ietf:params:oauth:grant-type:device_code", "client_id": client,
        "device_code": code})


def jwt(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def device_flow():
    t.set(device="manual", deviceIntervalSeconds=0)
    a = device()
    tap.ok(a.status == 200 and a.json["interval"] == 0 and a.json["expires_in"] == 900 and
           a.json["user_code"] in a.json["message"] and
           a.json["verification_uri"].startswith(LOGIN), "a device code", a.body)
    code = a.json["device_code"]
    for _ in range(2):
        p = poll(code)
        tap.ok(p.status == 400 and p.json["error"] == "authorization_pending" and
               p.json["error_codes"] == [70016], "pending")
    page = t.send("GET", a.json["verification_uri"]).body.decode()
    tap.ok('name="user_code"' in page, "a page to type it in")
    done = t.post_form(a.json["verification_uri"], {"user_code": a.json["user_code"],
                                                    "action": "approve",
                                                    "user": "piet.devries@fabrikam.example"})
    tap.ok(done.status == 200 and b"signed in" in done.body, "approved on the page")
    p = poll(code)
    claims = jwt(p.json["id_token"])
    tap.ok(p.status == 200 and claims["preferred_username"] == "piet.devries@fabrikam.example" and
           claims["aud"] == CLIENT and claims["ver"] == "2.0" and
           claims["iss"] == "%s/%s/v2.0" % (LOGIN, claims["tid"]) and claims["oid"],
           "tokens, and an id_token that names the person", p.body)
    again = poll(code)
    tap.eq(again.json["error"], "bad_verification_code", "a code works once")
    me = t.send("GET", t.ready["flow_url"] + SIMPLE + "/environments?" + API,
                headers={"Authorization": "Bearer " + p.json["access_token"]})
    tap.eq(me.status, 200, "the access token is good")

    code = device().json["device_code"]
    t.control("device", {"action": "decline"})
    tap.eq(poll(code).json["error"], "authorization_declined", "declined")
    code = device().json["device_code"]
    t.control("device", {"action": "expire"})
    p = poll(code)
    tap.ok(p.json["error"] == "expired_token" and p.json["error_codes"] == [70020], "expired")
    tap.eq(poll("made-up").json["error"], "bad_verification_code", "a code that never was")
    code = device().json["device_code"]
    t.set(clockShiftSeconds=901)
    tap.eq(poll(code).json["error"], "expired_token", "expired by the clock")
    t.set(clockShiftSeconds=0, deviceIntervalSeconds=5)
    code = device().json["device_code"]
    poll(code)
    tap.eq(poll(code).json["error"], "slow_down", "too fast")
    for name in ("slow_down", "access_denied", "code_expired", "temporarily_unavailable"):
        code = device().json["device_code"]
        t.control("aadsts", {"error": name, "grant": "device_code"})
        tap.eq(poll(code).json["error"], name, "scripted: " + name)
    web_only = "8a6c2f90-13d7-4e5b-b2a4-6f0d8c1e7b33"
    code = device(client_id=web_only)
    p = poll(code.json["device_code"], client=web_only)
    tap.ok(code.status == 200 and p.json["error_codes"] == [7000218],
           "a client that is not public fails only at the poll")
    t.set(deviceIntervalSeconds=0, deviceBlocked=True)
    code = device().json["device_code"]
    t.control("device", {"action": "approve"})
    tap.eq(poll(code).json["error_codes"], [530036], "device code forbidden by policy")
    t.set(deviceBlocked=False, device="auto")
    code = device().json["device_code"]
    tap.eq(poll(code).json["error"], "authorization_pending", "auto: first pending")
    tap.eq(poll(code).status, 200, "auto: then approved")
    tap.eq(device(scope="openid").json["error"], "invalid_scope", "a scope without a resource")
    tap.eq(device(scope=FLOW + "/.default " + POWERPLATFORM + "/.default").json["error_codes"],
           [28000], "two resources at once")
    tap.eq(device(client_id="x").json["error"], "unauthorized_client", "unknown client")
    tap.eq(device(tenant="nowhere.example").json["error_codes"], [90002], "unknown tenant")


def browser():
    verifier = base64.urlsafe_b64encode(b"v" * 32).rstrip(b"=").decode()
    challenge = base64.urlsafe_b64encode(
        hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    query = {"client_id": CLIENT, "response_type": "code", "redirect_uri": "http://localhost:4711",
             "response_mode": "query", "scope": SCOPE, "state": "st&te", "nonce": "n0nce",
             "code_challenge": challenge, "code_challenge_method": "S256"}
    url = "%s/organizations/oauth2/v2.0/authorize?" % LOGIN

    def drive(action="accept", user="jana.novak@fabrikam.example", **more):
        page = t.send("GET", url + urllib.parse.urlencode(dict(query, **more)))
        form = re.search(r'action="([^"]*)"', page.body.decode())
        target = LOGIN + html.unescape(form.group(1))
        a = t.post_form(target, {"user": user, "action": action})
        return a, dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(
            a.headers.get("Location", "")).query))

    def redeem(code, **more):
        fields = {"grant_type": "authorization_code", "client_id": CLIENT, "code": code,
                  "redirect_uri": "http://localhost:4711", "code_verifier": verifier,
                  "scope": SCOPE}
        fields.update(more)
        return t.post_form(LOGIN + "/organizations/oauth2/v2.0/token", fields)

    a, back = drive()
    tap.ok(a.status == 302 and back["state"] == "st&te" and "code" in back and
           a.headers["Location"].startswith("http://localhost:4711?"), "back with code and state")
    p = redeem(back["code"])
    tap.ok(p.status == 200 and jwt(p.json["id_token"])["nonce"] == "n0nce", "tokens and nonce",
           p.body)
    tap.eq(redeem(back["code"]).json["error_codes"], [54005], "a code is redeemed once")
    code = drive()[1]["code"]
    tap.eq(redeem(code, code_verifier="w" * 43).json["error_codes"], [501481], "wrong verifier")
    code = drive()[1]["code"]
    tap.eq(redeem(code, redirect_uri="http://localhost:1").json["error"], "invalid_grant",
           "another redirect_uri")
    tap.eq(drive("decline")[1]["error"], "access_denied", "declined")
    bad = t.send("GET", url + urllib.parse.urlencode(
        dict(query, redirect_uri="https://evil.example/")))
    tap.ok(bad.status == 400 and "Location" not in bad.headers, "no redirect to strangers")
    blocked = drive(user="olav.berg@fabrikam.example")[0]
    tap.ok(blocked.status == 400 and b"50057" in blocked.body, "a disabled account")
    t.set(browserAuto=True)
    a = t.send("GET", url + urllib.parse.urlencode(
        dict(query, login_hint="chris.okafor@contoso.example")))
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(a.headers["Location"]).query))["code"]
    p = redeem(code)
    home = jwt(p.json["id_token"])["tid"]
    tap.ok(p.status == 200 and home != t.ready["tenant"], "a person of the other tenant")
    envs = t.send("GET", t.ready["flow_url"] + SIMPLE + "/environments?" + API, headers={
        "Authorization": "Bearer " + p.json["access_token"]}).json["value"]
    tap.eq([e["properties"]["displayName"] for e in envs], ["Contoso Practice (default)"],
           "who sees that tenant alone")
    a = t.send("GET", "%s/%s/oauth2/v2.0/authorize?%s" % (LOGIN, t.ready["tenant"],
               urllib.parse.urlencode(dict(query, login_hint="chris.okafor@contoso.example"))))
    code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(a.headers["Location"]).query))["code"]
    claims = jwt(redeem(code).json["id_token"])
    tap.ok(claims["tid"] == t.ready["tenant"] and "idp" in claims, "as a guest in this one")
    t.set(browserAuto=False)
    keys = t.send("GET", LOGIN + "/organizations/discovery/v2.0/keys").json["keys"]
    tap.ok(keys[0]["kty"] == "EC" and len(keys[0]["x"]) == 43, "the signing key is published")
    t.set(consent={"flow": False})
    page = t.send("GET", "%s/%s/adminconsent?%s" % (LOGIN, t.ready["tenant"], urllib.parse.urlencode(
        {"client_id": CLIENT, "redirect_uri": "http://localhost:4711", "state": "s"})))
    target = LOGIN + html.unescape(re.search(r'action="([^"]*)"', page.body.decode()).group(1))
    a = t.post_form(target, {"action": "accept"})
    tap.ok("admin_consent=True" in a.headers["Location"], "an administrator consents")
    tap.eq(t.refresh(FLOW).status, 200, "and the consent holds")


def refreshes():
    first = t.refresh_token
    a = t.refresh(FLOW)
    tap.ok(a.status == 200 and a.json["refresh_token"] != first and
           "Flows.Read.All" in a.json["scope"] and a.json["scope"].endswith("//.default"),
           "a refresh answers with a new token and the scopes")
    tap.eq(t.refresh(FLOW).status, 200, "keep: the old one stays good")
    for audience in (POWERAPPS, POWERPLATFORM,
                     t.ready["dataverse_url"].replace("{organization}", "org-fabrikam")):
        tap.eq(t.refresh(audience).status, 200, "one refresh token, many audiences: " + audience)
    tap.eq(t.refresh("https://service.flow.example/").json["error_codes"], [500011],
           "an audience that is not there")
    t.set(consent={"powerapps": False}, mfa={"powerplatform": True})
    a = t.refresh(POWERAPPS)
    tap.ok(a.json["error"] == "invalid_grant" and a.json["suberror"] == "consent_required" and
           a.json["error_codes"] == [65001], "consent is missing for one audience")
    a = t.refresh(POWERPLATFORM)
    tap.ok(a.json["error"] == "interaction_required" and
           "capolids" in json.loads(a.json["claims"])["access_token"], "MFA is asked for another")
    tap.eq(t.refresh(POWERPLATFORM, claims=a.json["claims"]).status, 200, "claims satisfy it")
    tap.eq(t.refresh(FLOW).status, 200, "the third is untouched")
    t.set(consent={"powerapps": True}, mfa={"powerplatform": False}, refreshInSeconds=1800)
    tap.eq(t.refresh(FLOW).json["refresh_in"], 1800, "refresh_in")
    t.set(refreshInSeconds=0, rotation="none")
    tap.ok("refresh_token" not in t.refresh(FLOW).json, "no new refresh token: keep the old one")
    t.set(rotation="reuse")
    one = t.control("grants", {"user": "jana.novak@fabrikam.example"}).json["refresh_token"]
    a = t.refresh(FLOW, refresh_token=one)
    two = a.json["refresh_token"]
    grants = t.control("grants").json["grants"]
    tap.ok(any(g["currentSha256"] == hashlib.sha256(two.encode()).hexdigest() for g in grants),
           "the control plane knows the digest of the valid one")
    tap.eq(t.refresh(FLOW, refresh_token=two).status, 200, "rotation: the new one works")
    tap.eq(t.refresh(FLOW, refresh_token=two).json["error_codes"], [70000],
           "using it again is found out")
    tap.eq(t.refresh(FLOW, refresh_token=one).json["error_codes"], [50173],
           "and the whole family is revoked")
    t.set(rotation="used")
    one = t.control("grants", {"user": "jana.novak@fabrikam.example"}).json["refresh_token"]
    lost = t.refresh(FLOW, refresh_token=one).json["refresh_token"]
    two = t.refresh(FLOW, refresh_token=one).json["refresh_token"]
    tap.ok(lost != two, "an answer was lost: the old one still works")
    three = t.refresh(FLOW, refresh_token=two).json["refresh_token"]
    tap.eq(t.refresh(FLOW, refresh_token=one).json["error_codes"], [70000],
           "until a later one was used")
    tap.eq(t.refresh(FLOW, refresh_token=three).json["error_codes"], [50173],
           "then the whole family is revoked")
    t.set(rotation="keep")
    tap.eq(t.refresh(FLOW, refresh_token="rubbish").json["error_codes"], [70000], "rubbish")
    middle = "B" if t.refresh_token[20] != "B" else "C"
    changed = t.refresh_token[:20] + middle + t.refresh_token[21:]
    tap.eq(t.refresh(FLOW, refresh_token=changed).json.get("error"), "invalid_grant",
           "a changed letter")
    tap.eq(t.refresh(FLOW, client_id="9cee029c-6210-4654-90bb-17e6e9d36617").json["error"],
           "invalid_grant", "another client's token")
    tap.eq(t.refresh(FLOW, resource="https://x").json["error_codes"], [901002],
           "the resource parameter")
    tap.eq(t.refresh(FLOW, client_secret="x").json["error_codes"], [700025],
           "a secret from a public client")
    t.set(clockShiftSeconds=91 * 86400)
    tap.eq(t.refresh(FLOW).json["error_codes"], [700082], "unused for 90 days")
    t.set(clockShiftSeconds=0)
    for code, error, status in ((50076, "interaction_required", 400),
                                (53003, "invalid_grant", 400), (90033, "temporarily_unavailable", 503),
                                (70043, "invalid_grant", 400), (500011, "invalid_resource", 400),
                                (50196, "invalid_grant", 400)):
        t.control("aadsts", {"code": code, "retryAfter": 7})
        a = t.refresh(FLOW)
        tap.ok(a.status == status and a.json["error"] == error and
               a.json["error_codes"] == [code] and a.headers["Retry-After"] == "7" and
               a.json["error_description"].startswith("AADSTS%d: " % code),
               "on demand: AADSTS%d" % code, a.body)
    t.control("aadsts", {"code": 65001, "audience": "powerapps", "count": 2})
    tap.eq([t.refresh(x).status for x in (FLOW, POWERAPPS, POWERAPPS, POWERAPPS)],
           [200, 400, 400, 200], "for one audience, a number of times")
    a = t.refresh(FLOW)
    ids = t.post_form(t.token_url(), {"grant_type": "refresh_token", "client_id": "x"},
                      {"client-request-id": "11111111-2222-4333-8444-555555555555"})
    tap.eq(ids.json["correlation_id"], "11111111-2222-4333-8444-555555555555",
           "client-request-id comes back")
    grants = {(g["grant"], g["audience"]): g for g in t.stats()["grants"]}
    tap.ok(grants[("refresh_token", "flow")]["count"] > 5 and
           grants[("refresh_token", "powerapps")]["refused"] >= 3, "refreshes are counted")
    t.control("grants/revoke", {})
    tap.eq(t.refresh(FLOW).json["error_codes"], [50173], "all sessions revoked")


def every_code():
    """All codes that flowlatch explains can be asked for, in the shape of Entra's errors."""
    with open(os.path.join(ROOT, "src", "work", "aadsts.c"), encoding="utf-8") as f:
        codes = [int(x) for x in re.findall(r"^\t\{ (\d+), AADSTS_", f.read(), re.M)]
    tap.ok(len(codes) > 100, "a table of codes", codes)
    wrong = []
    for code in codes:
        t.control("aadsts", {"code": code})
        a = t.refresh(FLOW)
        if not (a.status >= 400 and a.json["error"] and a.json["error_codes"] == [code] and
                a.json["error_description"].startswith("AADSTS%d: " % code)):
            wrong.append((code, a.status, a.body[:100]))
    tap.ok(not wrong, "every AADSTS code that flowlatch explains, on demand", wrong)


def policies():
    t.set(mfa={"powerapps": True}, browserAuto=True)
    verifier = "w" * 43
    challenge = base64.urlsafe_b64encode(
        hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()

    def sign_in(**more):
        query = {"client_id": CLIENT, "response_type": "code", "redirect_uri": "http://localhost:4711",
                 "scope": POWERAPPS + "/.default openid offline_access", "state": "s",
                 "code_challenge": challenge, "code_challenge_method": "S256"}
        query.update(more)
        a = t.send("GET", LOGIN + "/organizations/oauth2/v2.0/authorize?" + urllib.parse.urlencode(query))
        back = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(a.headers.get("Location", "")).query))
        if "code" not in back:
            return a, back
        return t.post_form(LOGIN + "/organizations/oauth2/v2.0/token", {
            "grant_type": "authorization_code", "client_id": CLIENT, "code": back["code"],
            "redirect_uri": "http://localhost:4711", "code_verifier": verifier,
            "scope": query["scope"]}), back

    p = sign_in()[0]
    tap.eq(p.json["error_codes"], [50076], "a sign-in without the claims meets the policy")
    p = sign_in(claims='{"access_token":{}}')[0]
    strong = p.json.get("refresh_token", "")
    tap.ok(p.status == 200 and t.refresh(POWERAPPS, refresh_token=strong).status == 200,
           "one with them satisfies it, also at refresh", p.body)
    tap.eq(t.refresh(POWERAPPS).json["error_codes"], [50076], "others do not")
    t.set(mfa={"powerapps": False})
    tap.ok("iss" not in sign_in()[1], "no iss, as Entra")
    for word, want in (("right", LOGIN + "/" + t.ready["tenant"] + "/v2.0"),
                       ("foreign", "https://login.evil.example/common/v2.0")):
        t.set(browserIss=word)
        tap.eq(sign_in()[1]["iss"], want, "iss: " + word)
    t.set(browserIss="none", browserAuto=False)
    url = LOGIN + "/organizations/oauth2/v2.0/authorize?" + urllib.parse.urlencode({
        "client_id": CLIENT, "response_type": "code", "redirect_uri": "http://localhost:4711",
        "scope": SCOPE, "state": "s", "code_challenge": challenge, "code_challenge_method": "S256"})
    t.control("aadsts", {"code": 90094, "grant": "authorize"})
    tap.eq(t.refresh(FLOW).status, 200, "a script for the page leaves refreshes alone")
    page = t.post_form(url, {"action": "accept"})
    tap.ok(page.status == 400 and b"AADSTS90094" in page.body, "the page says that an administrator must")
    t.control("aadsts", {"code": 90094, "grant": "authorize", "error": "access_denied"})
    page = t.post_form(url, {"action": "accept"})
    tap.ok(page.status == 302 and "error=access_denied" in page.headers["Location"] and
           "AADSTS90094" in page.headers["Location"], "or goes back with it")
    read = FLOW + "/Flows.Read.All"
    tap.eq(t.refresh(FLOW, scope=read).json["scope"], read, "named scopes: what was asked")
    t.set(granted="all")
    tap.ok("Flows.Manage.All" in t.refresh(FLOW, scope=read).json["scope"],
           "or all that was consented before")
    t.set(granted="asked")
    token = t.refresh(FLOW, scope=read).json["access_token"]
    env = t.environment("Operations")
    a = t.send("POST", "%s%s/environments/%s/flows?%s" % (t.ready["flow_url"], SIMPLE, env, API),
               {"properties": {}}, {"Authorization": "Bearer " + token})
    tap.ok(a.status == 403 and b"Flows.Manage.All" in a.body, "a token to read cannot write", a.body)


device_flow()
browser()
refreshes()
t.control("reset", {})
t.refresh_token = t.control("grants", {"user": "jana.novak@fabrikam.example"}).json["refresh_token"]
every_code()
policies()
code, err = t.stop()
tap.ok(code == 0 and not err, "ends clean", err)
sys.exit(tap.end())

#!/usr/bin/env python3
"""What login finds out: which services take the sign-in, read scopes, what there is, for whom."""
import os

from cli import check, end, run
from signing import Signing

s = Signing()
T = s.ready["tenant"]
ORG = s.ready["dataverse_url"].replace("{organization}", "org-fabrikam")
s.home.conf(s.profile("t") + s.profile("bare", tenant=None))


def login(*args, name="t", **knobs):
    s.fresh(**knobs)
    return s.login(*args, name=name)


def services(r):
    return {x.get("organisation", x["audience"]): x for x in r.json()["services"]}


r = login()
check("a table of the services, all ok", r.code == 0 and r.out.count(" ok\n") == 6 and
      ORG in r.out, r)
check("one sentence: who, where, how much", "Signed in as Jana Novak (jana.novak@fabrikam.example), at home "
      "in tenant %s: 4 environments, 54 flows, 29 connections, 3 of them broken." % T in r.out, r)
with open(os.path.join(s.home.path, ".config/flowlatch/flowlatch.conf")) as f:
    conf = f.read()
check("the tenant is kept in the profile", "tenant = " + T in conf.split("[profile bare]")[0] and
      "tenant" not in conf.split("[profile bare]")[1].replace("tenant/", ""), conf)
r = login("--quick")
check("--quick: nothing is looked at", r.code == 0 and "environments" not in r.out and
      r.out.startswith("Signed in as Jana Novak"), r)
r = login("--json")
check("--json", r.code == 0 and r.json()["guest"] is False and r.json()["brokenConnections"] == 3 and
      all(x["state"] == "ok" for x in r.json()["services"]), r)

# Each class of refusal, for one service, while the others go on.
for code, state, words in (
        (65001, "consent missing", "--audience powerapps; or, for an administrator"),
        (90094, "consent missing", "--letter"), (50076, "second factor needed", "--audience powerapps"),
        (50079, "second factor needed", "--audience powerapps"), (53003, "blocked", "sign-in log"),
        (530036, "blocked", "login --browser"), (50105, "blocked", "administrator"),
        (500011, "not set up", "cloud"), (650057, "not set up", "application registration"),
        (70043, "sign in again", "flowlatch login --profile t"), (90033, "no answer", "few minutes")):
    s.fresh()
    s.control("aadsts", {"code": code, "audience": "powerapps", "grant": "refresh_token", "count": 9})
    r = s.login("--json")
    got = services(r) if r.code == 0 else {}
    row = got.get("powerapps", {})
    check("AADSTS%d for one service: %s" % (code, state), r.code == 0 and row.get("state") == state and
          (words in row.get("next", "") or words in row.get("message", "")) and
          (code == 90033 or row.get("code") == "AADSTS%d" % code) and
          all(x["state"] == "ok" for n, x in got.items() if n != "powerapps"), r)
r = login(consent={"powerapps": False}, mfa={"dataverse": True})
check("for people: state, cause, and what to do", r.code == 0 and
      "consent missing (AADSTS65001)" in r.out and "Without it: no environments, connections" in r.out and
      "flowlatch login --profile t --audience powerapps" in r.out and
      "flowlatch login --profile t --audience " + ORG in r.out and "Not all could be counted" in r.out, r)

# The second factor of one service: its claims are kept, sent with the sign-in for it, and forgotten.
claims = os.path.join(s.home.path, ".local/state/flowlatch/profiles/t/claims.json")
check("the claims are kept", ORG in open(claims).read() and os.stat(claims).st_mode & 0o777 == 0o600)
r = s.login("--audience", ORG, "--json")
check("signing in for that service", r.code == 0 and r.json()["scope"].startswith(ORG), r)
check("its claims are sent, and gone", ORG not in (open(claims).read() if os.path.exists(claims) else ""))
r = run("login", "--profile", "t", "--audience", "https://org-fabrikam.evil.example", home=s.home)
check("an organisation elsewhere is refused", r.code == 2 and "--audience is" in r.err, r)
r = run("login", "--profile", "t", "--audience", "mail", home=s.home)
check("an unknown service", r.code == 2, r)

# The same in a tool's error: the command names the service, or the browser.
for code, command in ((50076, "flowlatch login --profile t --audience powerapps"),
                      (65001, "flowlatch login --profile t --audience powerapps"),
                      (530036, "flowlatch login --profile t --browser"),
                      (70043, "flowlatch login --profile t")):
    s.fresh()
    s.login("--quick")
    s.control("aadsts", {"code": code, "audience": "powerapps", "count": 9})
    r = run("call", "list_live_connections", "--environment-name", "Fabrikam Operations", "--profile", "t",
            "--json", home=s.home)
    check("AADSTS%d in a call: %s" % (code, command), r.code == 3 and
          r.json()["error"].get("humanCommand") == command, r)

# Read scopes, by name.
r = login("--read-only", "--json", name="bare")
got = services(r)
check("--read-only: read scopes of the flow service, by name", r.code == 0 and got["flow"]["scope"].split() == [
    "https://service.flow.microsoft.com//Flows.Read.All",
    "https://service.flow.microsoft.com//Activity.Read.All"], r)
check("no .default is asked for", all(".default" not in x.get("scope", "") for x in got.values()), r)
check("who enforces it, by service", {n: x["readOnlyBy"] for n, x in got.items()
                                      if n in ("flow", "powerapps", "powerplatform", ORG)} == {
    "flow": "microsoft", "powerapps": "flowlatch", "powerplatform": "microsoft", ORG: "flowlatch"}, r)
check("what only changes things is not asked for", "apihub" not in got, r)
r = run("call", "whoami", "--profile", "bare", "--json", home=s.home)
check("whoami says so too, without --read-only being repeated", r.json()["readOnly"] is True and
      r.json()["audiences"][0]["readOnlyBy"] == "microsoft" and
      ".default" not in r.json()["audiences"][0]["scope"], r)
r = login("--read-only", name="bare", granted="all")
check("when Microsoft grants more than was asked, flowlatch enforces it", r.code == 0 and
      "Microsoft" not in r.out and "flowlatch" in r.out, r)
check("no scope of the usage log's calls was .default",
      run("call", "get_live_flow_runs", "--profile", "bare", home=s.home).code != 0)

# Guests, and people without flows.
s.fresh()
r = s.login("--tenant", T, name="bare", user="chris.okafor@contoso.example")
check("a guest is told so", r.code == 0 and "a guest in tenant " + T in r.out and "(at home in " in r.out, r)
s.fresh()
r = s.login("--tenant", "organizations", name="bare", user="chris.okafor@contoso.example")
check("at home he is no guest", r.code == 0 and "at home in tenant" in r.out and "guest" not in r.out, r)
s.stop()

s = Signing("--seed", "empty")
s.home.conf(s.profile("t"))
r = login()
check("no flow: the likely causes in order", r.code == 0 and "0 flows" in r.out and
      r.out.index("wrong account") < r.out.index("not shared with you") < r.out.index("There are none yet"), r)
check("a home account is no guest", "You are a guest" not in r.out, r)
s.fresh()
r = s.login("--tenant", s.ready["tenant"], user="chris.okafor@contoso.example")
check("a guest without flows: home comes first", r.code == 0 and "1. You are a guest here" in r.out, r)
s.stop()
end()

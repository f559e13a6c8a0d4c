#!/usr/bin/env python3
"""flowlatch setup app: the commands that are printed, and the same carried out by an az of ours."""
import json
import os
import stat
import subprocess
import sys

from cli import Home, check, end, run

FLOW = "7df0a125-d3be-4c96-aa54-591f83ff541c"
POWERAPPS = "475226c6-020e-4fb2-8a90-7a972cbfc1d4"
PLATFORM = "8578e004-a5c6-46e7-913e-12f58912df43"
CRM = "00000007-0000-0000-c000-000000000000"
APIHUB = "fe053c5f-3692-4f14-aef2-ee34fc081cae"
TENANT = "0f1e2d3c-4b5a-4968-8776-a5b4c3d2e1f0"
APP = "11111111-2222-4333-8444-555555555555"

WHOLE = {(FLOW, "Flows.Read.All"), (FLOW, "Activity.Read.All"), (FLOW, "Flows.Manage.All"),
         (POWERAPPS, "User"), (PLATFORM, "EnvironmentManagement.Environments.Read"),
         (PLATFORM, "PowerAutomate.Flows.Read"), (PLATFORM, "Connectivity.Connections.Read"),
         (PLATFORM, "Connectivity.Connectors.Read"), (CRM, "user_impersonation"),
         (APIHUB, "Runtime.All")}
READ = {x for x in WHOLE if x[1] not in ("Flows.Manage.All", "Runtime.All")}

# An az that knows a tenant: which services are known to it, and which can be made known.
# Started hundreds of times, so without what Python loads for its own comfort.
AZ = "#!" + sys.executable + r''' -SE
import json, os, re, sys
a = sys.argv[1:]
where = os.environ["AZ_FAKE"]
with open(where + "/calls", "a") as f:
    f.write(json.dumps(a) + "\n")
with open(where + "/state") as f:
    t = json.load(f)
def opt(name):
    return a[a.index(name) + 1] if name in a else None
def out(text):
    if text is not None:
        print(text)
def save():
    with open(where + "/state", "w") as f:
        json.dump(t, f)
verb = " ".join(a[:a.index(next(x for x in a if x.startswith("-")))])
if not t["signed_in"]:
    sys.exit("Please run 'az login' to setup account.")
if verb == "account show":
    out(t["tenant"])
elif verb == "cloud show":
    out(t["cloud"])
elif verb == "cloud set":
    t["cloud"] = opt("--name"); save()
elif verb == "ad app create":
    if t["forbidden"]:
        sys.exit("Insufficient privileges to complete the operation.")
    out("%s")
elif verb == "ad sp list":
    name = re.search(r"n eq '([^']*)'", opt("--filter")).group(1)
    out(t["names"].get(name) if t["names"].get(name, name) in t["known"] else None)
elif verb == "ad sp show":
    api = t["names"].get(opt("--id"), opt("--id"))
    if api not in t["known"]:
        sys.exit("Resource '%%s' does not exist" %% api)
    if "appId" in opt("--query"):
        out(api)
    else:
        out("\n".join(n + "\tid-of-" + n for n in ["Other.Read"] + t["scopes"] if n not in t["lacks"]))
elif verb == "ad sp create":
    if opt("--id") in t["never"]:
        sys.exit("The appId does not reference a valid application object.")
    t["known"].append(opt("--id")); save()
    out(opt("--id"))
elif verb == "ad app permission add":
    for one in a[a.index("--api-permissions") + 1:]:
        t["given"].append([opt("--id"), opt("--api"), one])
    save()
else:
    sys.exit("az: unknown: " + verb)
''' % APP


class Az:
    """A home directory with an az in PATH."""

    def __init__(self, **changes):
        self.home = Home()
        self.dir = os.path.join(self.home.path, "az")
        os.mkdir(self.dir)
        program = os.path.join(self.dir, "az")
        with open(program, "w") as f:
            f.write(AZ)
        os.chmod(program, stat.S_IRWXU)
        state = {"signed_in": True, "tenant": TENANT, "cloud": "AzureCloud", "forbidden": False,
                 "known": [FLOW, CRM], "never": [], "lacks": [], "given": [],
                 "scopes": sorted({name for _, name in WHOLE}),
                 "names": {x: x for x in (FLOW, POWERAPPS, PLATFORM, CRM, APIHUB, APP)}}
        state.update(changes)
        with open(os.path.join(self.dir, "state"), "w") as f:
            json.dump(state, f)

    def env(self):
        return {"PATH": self.dir + ":" + os.environ["PATH"], "AZ_FAKE": self.dir}

    def run(self, *args):
        return run("setup", "app", "--run", *args, home=self.home, env=self.env())

    def script(self, *args):
        text = run("setup", "app", *args, home=self.home)
        p = subprocess.run(["/bin/sh"], input=text.out, capture_output=True, text=True,
                           env=self.home.env(**self.env()), timeout=120)
        return p

    def calls(self):
        with open(os.path.join(self.dir, "calls")) as f:
            return [json.loads(line) for line in f]

    def state(self):
        with open(os.path.join(self.dir, "state")) as f:
            return json.load(f)


def given(az):
    return {(api, one.replace("id-of-", "").replace("=Scope", ""))
            for app, api, one in az.state()["given"] if app == APP}


r = run("setup", "app")
check("printed: a script for sh, nothing carried out", r.code == 0 and r.out.startswith("#!/bin/sh") and
      FLOW in r.out and "--is-fallback-public-client true" in r.out and "http://localhost" in r.out, r)
check("no secret is made", "credential" not in r.out and "secret" in r.out)
r = run("setup", "app", "--json", "--read-only")
check("--json --read-only: the plan", r.code == 0 and r.json()["isFallbackPublicClient"] and
      {s for x in r.json()["apis"] for s in x["permissions"]} == {s for _, s in READ}, r)

az = Az()
p = az.script()
check("the script does what it says", p.returncode == 0 and given(az) == WHOLE and
      "flowlatch login --client-id %s --tenant %s" % (APP, TENANT) in p.stdout, p.stdout + p.stderr)
az = Az(known=[CRM], never=[FLOW])
p = az.script()
check("the script stops without Power Automate", p.returncode == 1 and "no Power Automate" in p.stderr, p)
az = Az()
p = az.script("--name", "it's; rm -rf \"$HOME\" `id`")
check("a name is quoted for the shell", p.returncode == 0 and
      ["ad", "app", "create", "--display-name", "it's; rm -rf \"$HOME\" `id`"] in
      [c[:5] for c in az.calls()], az.calls())

az = Az()
r = az.run()
check("--run: the same permissions", r.code == 0 and given(az) == WHOLE, r)
create = [c for c in az.calls() if c[:3] == ["ad", "app", "create"]]
check("a public client with a loopback redirect, for this tenant", create == [
    ["ad", "app", "create", "--display-name", "flowlatch", "--sign-in-audience", "AzureADMyOrg",
     "--is-fallback-public-client", "true", "--public-client-redirect-uris", "http://localhost",
     "--query", "appId", "-o", "tsv"]], create)
made = [c[c.index("--id") + 1] for c in az.calls() if c[:3] == ["ad", "sp", "create"]]
check("service principals where they were missing", made == [APP, POWERAPPS, PLATFORM, APIHUB], made)
conf = os.path.join(az.home.path, ".config/flowlatch/flowlatch.conf")
with open(conf) as f:
    text = f.read()
check("client id and tenant are kept in the profile", APP in text and TENANT in text and
      "[profile default]" in text, text)
check("and shown", APP in r.out and "Now sign in: flowlatch login\n" in r.out, r)
r = az.run("--json")
check("again, as JSON", r.code == 0 and r.json()["clientId"] == APP and r.json()["tenantId"] == TENANT, r)

az = Az(never=[POWERAPPS, APIHUB], lacks=["PowerAutomate.Flows.Read"])
r = az.run()
check("what a tenant does not have is left out", r.code == 0 and "left out" in r.err and given(az) ==
      {x for x in WHOLE if x[0] not in (POWERAPPS, APIHUB) and x[1] != "PowerAutomate.Flows.Read"}, r)
az = Az()
r = az.run("--read-only", "--profile", "look")
check("--read-only: nothing to change with", r.code == 0 and given(az) == READ and
      "flowlatch login --profile look" in r.out, str(r) + str(given(az)))
az = Az(known=[], never=[FLOW])
r = az.run()
check("without Power Automate it stops", r.code == 1 and "no Flow Service" in r.err, r)
az = Az(lacks=["Flows.Read.All"])
r = az.run()
check("a permission of the required one cannot be left out", r.code == 1 and "Flows.Read.All" in r.err, r)
az = Az(signed_in=False)
r = az.run()
check("az not signed in", r.code == 3 and "az login" in r.err, r)
az = Az()
r = az.run("--tenant", "99999999-2222-4333-8444-555555555555")
check("az in another tenant", r.code == 3 and "--tenant 99999999-2222-4333-8444-555555555555" in r.err and
      len(az.calls()) == 1, r)
az = Az(forbidden=True)
r = az.run()
check("no right to register", r.code == 4 and "Application Developer" in r.err, r)
r = run("setup", "app", "--run", env={"PATH": "/nonexistent"})
check("no az", r.code == 2 and "no az in PATH" in r.err, r)
az = Az()
az.home.conf("[profile default]\nclient_id = 99999999-2222-4333-8444-555555555555\n")
r = az.run()
check("another client id of the profile stays", r.code == 0 and "keeps its client_id" in r.out, r)

gov = "https://high.service.flow.microsoft.us/"
names = {gov: "aaaaaaaa-0000-4000-8000-000000000001",
         "https://high.service.powerapps.us/": "aaaaaaaa-0000-4000-8000-000000000002",
         "https://api.high.powerplatform.microsoft.us": "aaaaaaaa-0000-4000-8000-000000000003", APP: APP}
az = Az(cloud="AzureUSGovernment", names=names, known=list(names.values()))
r = az.run("--cloud", "gcchigh")
check("another cloud: APIs are found by audience", r.code == 0 and
      (names[gov], "Flows.Read.All") in given(az), str(r) + str(given(az)))
az = Az(names=names, known=list(names.values()))
r = az.run("--cloud", "gcchigh")
check("az in the wrong cloud", r.code == 3 and "az cloud set --name AzureUSGovernment" in r.err, r)

r = run("setup")
check("setup alone explains", r.code == 2 and "flowlatch setup app" in r.err, r)
r = run("setup", "apt")
check("an unknown part", r.code == 2 and "no part 'apt'" in r.err, r)
r = run("setup", "app", "--name", "")
check("an empty name", r.code == 2, r)
end()

#!/usr/bin/env python3
"""flowlatch login: a device code, each way it can end, and what is stored."""
import json
import os
import ssl
import subprocess
import time
import signal
import urllib.request

from cli import B, PROGRAM, check, end, run, run_in_terminal, Home

home = Home()
TENANT = os.path.join(home.path, "tenant")
tenant = subprocess.Popen([B + "/flowlatch-tenant", "--dir", TENANT, "--with-parent"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
ready = json.loads(tenant.stdout.readline())
TOKEN = os.path.join(home.path, "token")


def control(verb, body=None):
    with open(ready["control_file"]) as f:
        key = f.read().strip()
    request = urllib.request.Request(
        "%s/__practice/%s" % (ready["origin"], verb),
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-Practice-Token": key})
    context = ssl.create_default_context(cafile=ready["ca_file"])
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def profile(name, **changes):
    keys = {"cloud": "custom", "client_id": ready["client_id"], "ca_file": ready["ca_file"],
            "refresh_token_file": TOKEN, "content_hosts": ready["content_host"]}
    for key in ("login_url", "flow_url", "powerapps_url", "bap_url", "powerplatform_url",
                "environment_url", "dataverse_url"):
        keys[key] = ready[key]
    keys.update(changes)
    return "[profile %s]\n%s\n" % (name, "".join(
        "%s = %s\n" % (k, v) for k, v in keys.items() if v is not None))


home.conf(profile("t") + profile("other", account="somebody.else@fabrikam.example") +
          profile("mine", account=ready["account"].upper()) + profile("noid", client_id=None) +
          profile("nostore", refresh_token_file=None, store="keyring") +
          profile("readonly", refresh_token_file="/proc/flowlatch/token") +
          profile("dead", login_url="https://login.practice.localhost:1"))


def fresh(**knobs):
    control("reset", {})
    control("set", dict({"deviceIntervalSeconds": 1, "devicePolls": 0}, **knobs))
    if os.path.exists(TOKEN):
        os.unlink(TOKEN)


def wait_for_code(process):
    """Reads until the code was shown."""
    for line in process.stderr:
        if "and enter" in line:
            return


def login(*args, name="t"):
    return run("login", "--profile", name, *args, home=home)


r = run("call", "list_live_environments", "--profile", "t", home=home)
check("before: not signed in, and the command that helps",
      r.code == 3 and "flowlatch login --profile t" in r.err, r)

fresh()
r = login()
check("signed in", r.code == 0 and "Signed in as " in r.out and ready["account"] in r.out, r)
check("the address and the code were shown on stderr",
      ready["login_url"].split(":")[1] in r.err and "and enter " in r.err, r)
with open(TOKEN) as f:
    secret = f.read().strip()
check("the refresh token is stored, 0600", len(secret) > 20 and os.stat(TOKEN).st_mode & 0o777 == 0o600)
check("it is not shown", secret not in r.out + r.err)
check("nor anywhere else", not [p for p, data in home.files().items()
                                if secret.encode() in data and p != TOKEN and not p.startswith(TENANT)])
r = run("call", "list_live_environments", "--profile", "t", "--json", home=home)
check("the next call works", r.code == 0 and len(r.json()) == 4, r)
r = run("log", "show", "--json", "--profile", "t", home=home)
check("the sign-in is in the usage log", [x for x in r.json() if x["ev"] == "login" and x["st"] == "ok"], r)

fresh()
r = login("--json")
check("--json", r.code == 0 and r.json()["userPrincipalName"] == ready["account"] and
      "refresh" not in r.out.lower(), r)

fresh(device="manual")
p = subprocess.Popen([PROGRAM, "login", "--profile", "t"], env=home.env(), stdout=subprocess.PIPE,
                     stderr=subprocess.PIPE, text=True)
wait_for_code(p)
control("device", {"action": "approve"})
out, err = p.communicate(timeout=30)
check("approved by the person while it waits", p.returncode == 0 and "Signed in as" in out, err)

fresh(device="manual")
p = subprocess.Popen([PROGRAM, "login", "--profile", "t"], env=home.env(), stdout=subprocess.PIPE,
                     stderr=subprocess.PIPE, text=True)
wait_for_code(p)
p.send_signal(signal.SIGINT)
out, err = p.communicate(timeout=30)
check("Ctrl-C ends it cleanly", p.returncode == 3 and "nothing was changed" in err and not os.path.exists(TOKEN), err)

fresh()
r = run_in_terminal("login", "--profile", "t", home=home)
check("in a terminal", r.code == 0 and "and enter" in r.out and "Signed in as" in r.out, r)

fresh()
r = login(name="other")
check("another account than the profile's is refused", r.code == 3 and "but the profile is for" in r.err and
      not os.path.exists(TOKEN), r)
fresh()
check("the profile's own account is not", login(name="mine").code == 0)

# Found out before the person is sent to the browser.
for name, exit_code, words in (("noid", 2, "client_id"), ("nostore", 2, "--store file"),
                               ("readonly", 2, "refresh_token_file"), ("dead", 5, "")):
    fresh()
    r = login(name=name)
    check("profile %s: told at once" % name, r.code == exit_code and words in r.err and
          "and enter" not in r.err, r)

tenant.stdin.close()
tenant.wait(10)
end()

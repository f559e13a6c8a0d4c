#!/usr/bin/env python3
"""Two profiles of two tenants in one keyring: who sees what, and what a sign-out leaves.
"""
import base64
import hashlib
import json
import os
import re
import subprocess
import threading
import time

import canaries
import desktop
from cli import B, PROGRAM, check, end, run, skip
from hosting import HOME, PATIENCE, SLOW, STATE, Server, login, names, s

if desktop.MISSING:
    skip("with a keyring", "no " + " and no ".join(desktop.MISSING))
    s.stop()
    end()

s.fresh(devicePolls=0)
desk = desktop.Desktop()
desk.start_keyring()
ENV = desk.variables()
six = HOME.env(XDG_RUNTIME_DIR=desk.dir)
r = login(env=ENV)
check("the first profile", r.code == 0, r)
s.control("set", {"device": "manual"})


def login_as(name, user, *args):
    with subprocess.Popen([PROGRAM, "login", "--quick", "--profile", name, *args], env=HOME.env(**ENV),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
        for line in p.stderr:
            if "and enter" in line:
                s.control("device", {"action": "approve", "user": user})
                break
        out, err = p.communicate(timeout=PATIENCE)
        return p.returncode, out + err


code, text = login_as("u", "chris.okafor@contoso.example")
check("a second profile, of another tenant", code == 0 and "chris.okafor" in text, text)
servers = [Server(six, name=n) for n in ("t", "u", "t", "u")]
seen = [set() for _ in servers]


def ask(i):
    for _ in range(5):
        found, _ = servers[i].environments()
        seen[i].update(names(found) if isinstance(found, list) else [json.dumps(found)])


threads = [threading.Thread(target=ask, args=(i,)) for i in range(len(servers))]
for one in threads:
    one.start()
for one in threads:
    one.join()
tenants = {name: json.loads(open(os.path.join(os.path.dirname(STATE), name, "signin.json"),
                                 encoding="utf-8").read())["tenantId"] for name in ("t", "u")}
check("each server saw its own tenant and no other", seen[0] == seen[2] == {tenants["t"]} and
      seen[1] == seen[3] == {tenants["u"]} and tenants["t"] != tenants["u"], (seen, tenants))
# The profile of one with the name of the other.
other = run("call", "list_live_environments", "--profile", "t", "--tenant", tenants["u"], "--json",
            home=HOME, env=ENV)
check("a sign-in is not used for another tenant", other.code == 3 and "another tenant" in other.out, other)
other = run("call", "list_live_environments", "--profile", "t", "--client-id",
            "00000000-0000-4000-8000-000000000001", "--json", home=HOME, env=ENV)
check("nor for another application", other.code == 3 and "another application" in other.out, other)

# ---- who sees the secrets ----


def helper(verb, **fields):
    text = "version=1\nprofile=t\nplace=%s\n" % STATE
    text += "".join("%s=%s\n" % (k, v) for k, v in fields.items()) + "\n"
    p = subprocess.run([B + "/flowlatch-keyring", verb], input=text, env=HOME.env(**ENV),
                       capture_output=True, text=True, timeout=PATIENCE, check=False)
    return dict(x.split("=", 1) for x in p.stdout.splitlines() if x), p


secrets = {}
for item in ("refresh_token", "log_key"):
    answer, p = helper("get", item=item)
    if answer.get("status") == "ok":
        doc = json.loads(answer["secret"])
        secrets[item] = doc.get("text") or base64.b64decode(doc["base64"])
check("the items are there", len(secrets) == 2 and
      any(g["currentSha256"] == hashlib.sha256(secrets["refresh_token"].encode()).hexdigest()
          for g in s.control("grants")["grants"]), secrets.keys())
# Each part of the log's key that is a secret, not its dates.
log_key = secrets.pop("log_key").decode()
secrets.update(("log_key %d" % i, k) for i, k in enumerate(
                   re.findall(r"^(?:id|today \S+|first \S+) ([0-9a-f]{64})$", log_key, re.M)))
places = canaries.files(HOME.path, skip=(s.dir,))
places.update(canaries.files(desk.temp))
places.update({"stderr": "".join("".join(x.err) for x in servers).encode(),
               "answers": "".join("".join(x.lines) for x in servers).encode(),
               "errors": other.out.encode() + other.err.encode() + text.encode()})
for x in servers:
    places.update({"%d %s" % (x.p.pid, k): v for k, v in canaries.process(x.p.pid).items()})
check("no core is ever written", all(re.search(rb"Max core file size +0 +0 ", v)
                                     for k, v in places.items() if k.endswith("limits")))
# What was redeemed and stored does not stay in memory either; access tokens have to.
spans = {}
for x in servers:
    spans.update(canaries.memory(x.p.pid))
if not spans:
    skip("the refresh token is in no server's memory", "not to be looked at without being root")
elif SLOW:
    skip("the refresh token is in no server's memory", "sanitizers keep what was freed")
else:
    hits = canaries.search({"refresh_token": secrets["refresh_token"]}, spans)
    check("the refresh token is in no server's memory", not hits and
          canaries.search({"tenant": tenants["t"]}, spans), "\n".join(hits))
# The helper while it holds a secret: it waits for the end of its request.
canary = "canary-" + "q7Zk" * 12
with subprocess.Popen([B + "/flowlatch-keyring", "store"], env=HOME.env(**ENV), stdin=subprocess.PIPE,
                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as p:
    p.stdin.write("version=1\nprofile=t\nplace=%s\nitem=probe\nsecret=%s\n" % (STATE, canary))
    p.stdin.flush()
    time.sleep(0.2)
    places.update({"helper " + k: v for k, v in canaries.process(p.pid).items()})
    check("nor by the helper", b"Max core file size        0" in places["helper /proc/limits"])
    out, err = p.communicate("", timeout=PATIENCE)
check("a request that is cut off stores nothing", "status=bad_request" in out and canary not in out + err and
      helper("get", item="probe")[0]["status"] == "absent", out + err)
secrets["canary"] = canary
hits = canaries.search(secrets, places)
check("%d secrets in %d places and %d forms: found nowhere" % (
    len(secrets), len(places), len(canaries.forms("x" * 9))), not hits, "\n".join(hits))
check("the search finds what is there", canaries.search({"x": "abcdefghijklmnop"}, {
    "file": b"..." + base64.b64encode(b"?abcdefghijklmnop?")}))
for fields, why in (({"item": "probe", "secret": "a", "x": "y"}, "understood"),
                    ({"item": "probe"}, "missing"), ({"secret": "a"}, "missing")):
    answer, p = helper("store", **fields)
    check("the helper refuses %s" % fields, answer["status"] == "bad_request" and why in answer["detail"],
          p.stdout)

# ---- signing out ----

for x in servers[2:]:
    x.stop()
r = run("logout", "--profile", "t", home=HOME, env=ENV)
check("logout", r.code == 0 and "profile t" in r.out and "until they expire" in r.out, r)
check("the keyring has nothing of the profile", desk.items("profile", "t") == 0 and
      desk.items("profile", "u") > 0)
found, _ = servers[0].environments()
check("a running server notices", isinstance(found, dict) and found["code"] == "not_signed_in" and
      "flowlatch login" in found["humanCommand"], found)
found, _ = servers[1].environments()
check("the other profile's does not", isinstance(found, list), found)
r = run("log", "verify", "--profile", "t", home=HOME, env=ENV)
check("the usage log is still whole", r.code == 0 and "intact" in r.out, r)
desk.lock()
r = run("logout", "--profile", "u", home=HOME, env=ENV)
check("logout with a locked keyring says that it could not", r.code == 3 and "may still be stored" in r.err, r)
desk.unlock()
r = run("logout", "--all", "--json", home=HOME, env=ENV)
check("logout --all", r.code == 0 and r.json()["signedOut"] == ["u"] and r.json()["stillHonoured"], r)
check("the keyring has nothing at all", desk.items() == 0, desk.items())
hits = canaries.search({k: v for k, v in secrets.items() if not k.startswith("log_key")},
                       canaries.files(HOME.path, skip=(s.dir,)))
check("nor has any file", not hits, "\n".join(hits))
r = run("logout", "--all", home=HOME, env=ENV)
check("again: nobody was signed in", r.code == 0 and "Nobody was signed in" in r.out, r)

for x in servers[:2]:
    x.stop()
desk.stop()
s.stop()
end()

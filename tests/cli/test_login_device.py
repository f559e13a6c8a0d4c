#!/usr/bin/env python3
"""flowlatch login with a code, under a pseudo-terminal: what is shown, keys, and each way out."""
import os
import re
import signal
import time

from cli import check, end, run
from signing import Signing
from terminal import Terminal

s = Signing()
s.home.conf(s.profile("t", store="refresh_token_file"))


def start(*args, columns=100, env=None, **knobs):
    s.fresh(**dict({"device": "manual"}, **knobs))
    t = Terminal("login", "--profile", "t", *args, home=s.home, columns=columns, env=env)
    t.user_code = t.expect(r"and enter ([A-Z0-9]+)")
    return t


def decide(action):
    s.control("device", {"action": action})


def signed_in():
    return os.path.exists(s.token)


def letters(text):
    """The rows of the large code, as many as there are."""
    return [x for x in text.split("\n") if re.fullmatch(r"    [\u2588# ]+", x) and x.strip()]


t = start()
check("the address that the service sent, and the code", t.user_code and
      "Open      %s/device" % s.ready["login_url"] in t.text, t)
check("advice against phishing, the time, the key for the letter",
      t.expect("Check that the page names the application") and "good for 15 minutes" in t.text and
      t.expect("press a here"), t)
check("the code is shown large, in five lines", len(letters(t.text)) == 5 and "\u2588" in t.text, t)
check("a countdown", t.expect(r"waiting for you, 14:5\d left"), t)
decide("approve")
check("approved: signed in, the terminal as it was", t.end() == 0 and "Signed in as" in t.text and
      signed_in() and t.put_back(), t)

t = start(columns=50)
check("a narrow terminal: the plain code alone", t.expect("press a here") and not letters(t.text), t)
t.interrupt()
check("Ctrl-C: at once, nothing changed, the terminal as it was", t.end(20) == 3 and
      "nothing was changed" in t.text and not signed_in() and t.put_back(), t)
t = start(env={"LC_ALL": "C"})
check("without UTF-8: the large code in ASCII", t.expect("press a here") and "\u2588" not in t.text and
      len(letters(t.text)) == 5, t)
t.process.send_signal(signal.SIGTERM)
check("SIGTERM", t.end(20) == 3 and not signed_in() and t.put_back(), t)

t = start()
t.expect("press a here")
t.type("xyz")
t.type("a")
check("keys of no meaning do no harm, a prints the letter", t.expect("How to take it back"), t)
decide("decline")
check("declined in the browser", t.end() == 3 and "declined" in t.text and not signed_in() and
      "%" not in t.text.split("How to take it back")[1][:1] and t.put_back(), t)

t = start(deviceSeconds=2)
first = t.user_code.group(1)
check("expired: a new code is one key away", t.expect("has expired. Press Enter to try again"), t)
s.control("set", {"deviceSeconds": 900})
time.sleep(0.5)
check("and none is asked for by itself", len(set(re.findall("and enter ([A-Z0-9]+)", t.text))) == 1, t)
t.type("\n")
again = t.expect(r"(?s)try again.*and enter ([A-Z0-9]+)")
check("Enter: another code", again and again.group(1) != first, t)
decide("approve")
check("which works", t.end() == 0 and signed_in() and t.put_back(), t)
t = start(deviceSeconds=2)
t.expect("Press Enter to try again")
t.interrupt()
check("expired, then Ctrl-C", t.end() == 5 and not signed_in() and t.put_back(), t)

# The network is lost for a while: asked less often, not given up (RFC 8628 3.5).
s.fresh(device="manual")
s.control("fault", {"path": "/organizations/oauth2/v2.0/token", "count": 1, "kind": "close"})
started = time.monotonic()
t = Terminal("login", "--profile", "t", "--tenant", "organizations", "--quick", home=s.home)
t.expect("press a here")
decide("approve")
# Polls after 1 s, then 2 s later.
check("a lost network: back-off, then signed in", t.end() == 0 and time.monotonic() - started >= 3 and
      signed_in(), t)
s.fresh(device="manual", deviceSeconds=2)
s.control("fault", {"path": "*/oauth2/v2.0/token", "count": -1, "kind": "close"})
r = run("login", "--profile", "t", home=s.home)
check("a network that stays away: until the code ends", r.code == 5 and "expired" in r.err and
      not signed_in(), r)

# An administrator has to approve: the page says so, or the service does.
for code in (65001, 90094):
    s.fresh()
    s.control("aadsts", {"code": code, "grant": "device_code"})
    t = Terminal("login", "--profile", "t", home=s.home)
    check("AADSTS%d: the key for the letter" % code, t.expect("Press a for the letter") and
          "/adminconsent?client_id=" in t.text and "AADSTS%d, correlation id" % code in t.text, t)
    t.type("a")
    check("AADSTS%d: printed" % code, t.end() == 3 and "What it cannot do" in t.text and t.put_back(), t)
s.fresh()
s.control("aadsts", {"code": 90094, "grant": "device_code"})
t = Terminal("login", "--profile", "t", home=s.home)
t.expect("Press a for the letter")
t.type("q")
check("any other key ends", t.end() == 3 and "What it cannot do" not in t.text and t.put_back(), t)
r = run("login", "--profile", "t", "--letter", home=s.home)
check("--letter: without signing in", r.code == 0 and r.out.startswith("Subject: ") and
      s.ready["client_id"] in r.out and "Flows.Manage.All" in r.out and not r.err, r)
r = run("login", "--profile", "t", "--letter", "--read-only", home=s.home)
check("--letter --read-only asks for less", r.code == 0 and "Flows.Read.All" in r.out and
      "Flows.Manage.All" not in r.out and "Runtime.All" not in r.out, r)

for cloud, authority in (("gcc", "login.microsoftonline.com"), ("gcchigh", "login.microsoftonline.us"),
                         ("dod", "login.microsoftonline.us"), ("china", "login.partner.microsoftonline.cn")):
    r = run("login", "--cloud", cloud, "--client-id", s.ready["client_id"], "--letter", "--tenant", "a.example")
    check("--cloud %s: its own authority" % cloud, r.code == 0 and
          "https://%s/a.example/adminconsent?client_id=" % authority in r.out, r)

# The text of the service is a stranger's.
r = run("login", "--profile", "t", "--client-id", "99999999-2222-4333-8444-555555555555", home=s.home)
check("an unknown client id", r.code == 2 and "AADSTS700016" in r.err and "client_id" in r.err, r)

# Nothing configured, and what is not taken.
r = run("login")
check("no client id: three ways to go on", r.code == 2 and all(
    x in r.err for x in ("flowlatch setup app --run", "--client-id ID --tenant TENANT",
                         "9cee029c-6210-4654-90bb-17e6e9d36617", "impersonation", "--practice")), r)
r = run("login", "--profile", "t", "--client-id", "9cee029c-6210-4654-90bb-17e6e9d36617", "--quick",
        home=s.home)
check("a borrowed client id: with a warning", r.code == 0 and
      'warning: This client id is Microsoft\'s own "Power Platform CLI"' in r.err, r)
for option in ("--client-secret=hunter2", "--certificate", "--service-principal", "--federated-token"):
    r = run("login", "--profile", "t", option, home=s.home)
    check("refused: " + option.split("=")[0], r.code == 4 and "signs in persons" in r.err and
          "licensed account" in r.err and "hunter2" not in r.err, r)
r = run("login", "--profile", "t", "--browsr", home=s.home)
check("an unknown option", r.code == 2 and "unknown option --browsr" in r.err, r)
r = run("login", "--profile", "t", "now", home=s.home)
check("an argument", r.code == 2 and "unexpected argument 'now'" in r.err, r)

s.stop()
end()

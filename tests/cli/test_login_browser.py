#!/usr/bin/env python3
"""flowlatch login --browser: PKCE on loopback, the listener, pasting, each way it can end."""
import hashlib
import json
import os
import re
import socket
import stat
import subprocess
import time
import urllib.parse

import canaries
import desktop
from cli import check, end, run, skip
from signing import Signing, visit
from terminal import Terminal

s = Signing()
READY = s.ready
s.home.conf(s.profile("t") + s.profile("other", account="somebody.else@fabrikam.example") +
            s.profile("tenant", tenant=READY["tenant"]) +
            s.profile("wrong", tenant="99999999-2222-4333-8444-555555555555"))


def signed_in():
    return os.path.exists(s.token)


def Login(*args, name="t", env=None):
    return s.start(*args, name=name, env=env)


# The whole way.
s.fresh()
l = Login()
q = l.query
check("the address asks for a code with PKCE", q["response_type"] == "code" and
      q["code_challenge_method"] == "S256" and len(q["code_challenge"]) == 43 and
      len(q["state"]) == 43 and len(q["nonce"]) == 43 and q["client_id"] == READY["client_id"] and
      q["prompt"] == "select_account" and "offline_access" in q["scope"], l.url)
check("and comes back to a port of this machine", re.fullmatch(r"http://localhost:\d+", q["redirect_uri"]))
back = l.drive()
status, headers, text = visit(back)
check("the page says that it is done", status == 200 and "Close this window" in text)
code = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
check("it holds nothing of the sign-in", code not in text and q["state"] not in text and
      headers["Cache-Control"] == "no-store" and headers["Referrer-Policy"] == "no-referrer" and
      "default-src 'none'" in headers["Content-Security-Policy"])
l.finish()
check("signed in", l.code == 0 and "Signed in as " in l.out and READY["account"] in l.out, l)
with open(s.token) as f:
    refresh = f.read().strip()
check("stored, 0600, shown nowhere", os.stat(s.token).st_mode & 0o777 == 0o600 and
      refresh not in l.out + l.err and code not in l.out + l.err)
check("in no file, as no form of it", not canaries.search(
    {"code": code, "refresh": refresh, "state": q["state"], "nonce": q["nonce"]},
    canaries.files(s.home.path, skip=(s.dir, s.token))))
grant = s.control("grants")["grants"][-1]
check("the sign-in is no device sign-in", grant["device"] is False and
      grant["currentSha256"] == hashlib.sha256(refresh.encode()).hexdigest(), grant)

# The listener, with others at the door.
s.fresh()
l = Login()
back = l.drive()
base = l.query["redirect_uri"]
check("a process that waits shows nothing of it", not canaries.search(
    {"state": l.query["state"], "nonce": l.query["nonce"], "challenge": l.query["code_challenge"]},
    canaries.process(l.p.pid)))
parts = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))
wrong = base + "/?" + urllib.parse.urlencode({"code": "x", "state": "y" * 43})
check("another state is refused", visit(wrong)[0] == 403 and l.running())
check("no state is refused", visit(base + "/?code=x")[0] == 403)
check("a state without an answer is refused",
      visit(base + "/?" + urllib.parse.urlencode({"state": parts["state"]}))[0] == 403)
check("another host name is refused (DNS rebinding)", visit(back, host="evil.example:80")[0] == 421)
check("another port in Host is refused", visit(back, host="localhost:1")[0] == 421)
check("no form is taken", visit(back, method="POST")[0] == 405)
check("no other method", visit(back, method="OPTIONS")[0] == 405)
check("no other path", visit(base + "/favicon.ico")[0] == 404 and
      visit(base + "/callback?" + urllib.parse.urlsplit(back).query)[0] == 404)
check("a parameter twice is refused", visit(back + "&state=z")[0] == 400)
check("control characters are refused",
      visit(base + "/?" + urllib.parse.urlencode({"code": "a\nb", "state": parts["state"]}))[0] == 400)
port = int(base.rsplit(":", 1)[1])


def raw(data, wait=True):
    c = socket.create_connection(("127.0.0.1", port), 20)
    c.sendall(data)
    got = b""
    try:
        while wait:
            piece = c.recv(65536)
            if not piece:
                break
            got += piece
    except ConnectionError:
        pass
    c.close()
    return got


check("garbage", raw(b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n").startswith(b"HTTP/1.1 400"))
check("no Host", raw(b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 421"))
check("two Hosts", raw(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\nHost: localhost:%d\r\n\r\n" % (port, port))
      .startswith(b"HTTP/1.1 421"))
check("a request without an end is bounded",
      raw(b"GET /?" + b"a" * 40000).startswith(b"HTTP/1.1 400"))
silent = [socket.create_connection(("127.0.0.1", port), 20) for _ in range(20)]
check("twenty silent visitors do not shut the door", visit(base + "/x")[0] == 404 and l.running())
with socket.socket(socket.AF_INET6) as six:
    six.settimeout(20)
    try:
        six.connect(("::1", port))
        six.sendall(b"GET / HTTP/1.1\r\nHost: localhost:%d\r\n\r\n" % port)
        check("::1 answers too, for browsers that try it first", six.recv(12) == b"HTTP/1.1 404")
    except OSError:
        check("::1 answers too, for browsers that try it first", not os.path.exists("/proc/net/if_inet6") or
              open("/proc/net/if_inet6").read() == "")
others = [x for x in subprocess.run(["ss", "-Hltn"], capture_output=True, text=True).stdout.splitlines()
          if ":%d " % port in x] if os.path.exists("/usr/bin/ss") or os.path.exists("/bin/ss") else []
check("nothing listens beyond this machine",
      all("127.0.0.1:" in x or "[::1]:" in x for x in others), others)
status, _, text = visit(back)
check("then the true answer comes", status == 200)
for c in silent:
    c.close()
l.finish()
check("and the sign-in is good", l.code == 0, l)

# A second answer while the first is redeemed.
s.fresh()
s.control("fault", {"path": "/oauth2/v2.0/token", "kind": "delay", "delayMs": 1500})
l = Login()
back = l.drive()
check("first answer", visit(back)[0] == 200)
check("the same again is not taken", visit(back)[0] == 403)
l.finish()
check("signed in once", l.code == 0 and len(s.control("grants")["grants"]) >= 1, l)

# Pasting, as over ssh.
s.fresh()
l = Login()
l.finish(l.drive() + "\n")
check("pasted: signed in", l.code == 0 and signed_in(), l)
s.fresh()
l = Login()
back = l.drive()
q = urllib.parse.urlsplit(back).query
l.p.stdin.write("https://evil.example/?%s\nhttp://localhost:1/?%s\nrubbish\n\n%s&state=x\n" % (q, q, back))
l.p.stdin.flush()
l.finish("  " + back.replace("localhost", "127.0.0.1") + "#  \n")
check("what is not the address is said, then the right one taken",
      l.code == 0 and l.err.count("That is not the address") == 4, l)

# What comes back wrong.
for knobs, words, exit_code in (
        ({"browserIss": "right"}, "", 0),
        ({"browserIss": "foreign"}, "names another sign-in service", 3),
        ({"browserIss": "otherTenant"}, "another issuer", 3)):
    s.fresh(**knobs)
    l = Login()
    visit(l.drive())
    l.finish()
    check("iss: %s" % knobs["browserIss"], l.code == exit_code and words in l.err and
          signed_in() == (exit_code == 0), l)
s.fresh()
l = Login()
visit(l.drive("decline"))
l.finish()
check("declined", l.code == 3 and "declined" in l.err and not signed_in(), l)
for code, error, exit_code, words in (
        (53003, "access_denied", 3, "Conditional Access"), (90094, "access_denied", 3, "administrator"),
        (65001, "consent_required", 3, "consented"), (500011, "invalid_resource", 2, "does not exist")):
    s.fresh()
    s.control("aadsts", {"code": code, "error": error, "grant": "authorize"})
    l = Login()
    back = l.drive()
    status, _, text = visit(back)
    l.finish()
    check("the page ends with AADSTS%d" % code, l.code == exit_code and words in l.err and
          "Not signed in" in text and "AADSTS" not in text and not signed_in(), l)
    if code in (90094, 65001):
        check("AADSTS%d: the link for an administrator" % code, "/adminconsent?client_id=" in l.err)
for code, words in ((54005, "used already"), (501481, "does not belong"), (50076, "second factor")):
    s.fresh()
    s.control("aadsts", {"code": code, "grant": "authorization_code"})
    l = Login()
    visit(l.drive())
    l.finish()
    check("redeeming ends with AADSTS%d" % code, l.code == 3 and words in l.err and not signed_in(), l)
s.fresh()
s.control("fault", {"path": "/oauth2/v2.0/token", "count": 1, "status": 503})
s.control("fault", {"path": "/oauth2/v2.0/token", "count": 1, "kind": "close", "skip": 0})
l = Login()
visit(l.drive())
l.finish()
check("a network that is away for a moment costs nothing", l.code == 0, l)
s.fresh()
l = Login(name="other")
visit(l.drive())
l.finish()
check("another account than the profile's", l.code == 3 and "but the profile is for" in l.err and
      not signed_in() and l.query["login_hint"] == "somebody.else@fabrikam.example", l)

# Guests and two tenants.
s.fresh()
l = Login()
visit(l.drive(user="chris.okafor@contoso.example"))
l.finish("")
check("somebody of another tenant signs in at home", l.code == 0 and "chris.okafor" in l.out and
      READY["tenant"] not in l.out, l)
s.fresh()
l = Login("--json", name="tenant")
visit(l.drive(user="chris.okafor@contoso.example"))
l.finish()
check("--tenant: the same person as a guest in this one", l.code == 0 and
      json.loads(l.out)["tenantId"] == READY["tenant"], l)
s.fresh()
l = Login(name="wrong")
check("a tenant that is not there: the page says it", s.page(l.url)[0] is None)
l.p.terminate()
l.finish()
check("ended by a signal", l.code == 3 and "nothing was changed" in l.err and not signed_in(), l)

# In a terminal.
s.fresh()
t = Terminal("login", "--browser", "--profile", "t", home=s.home)
url = t.expect(r"(?m)^https://\S+$")
check("shown in a terminal, with the key for the letter", url and t.expect("press a here"), t)
t.type("a")
check("a prints the link and the letter", t.expect(r"How to take it back") and
      "/adminconsent?client_id=" + READY["client_id"] in t.text and "Flows.Manage.All" in t.text and
      "What it cannot do" in t.text, t)
back = s.page(url.group(0))[0]
t.type(back + "\n")
code = t.end()
secret = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(back).query))["code"]
check("pasted there: signed in, and not echoed", code == 0 and "Signed in as" in t.text and
      secret not in t.text and t.put_back(), t)
s.fresh()
t = Terminal("login", "--browser", "--profile", "t", home=s.home)
t.expect("press a here")
t.interrupt()
check("Ctrl-C", t.end() == 3 and "nothing was changed" in t.text and t.put_back() and not signed_in(), t)
s.fresh()
s.control("aadsts", {"code": 90094, "error": "access_denied", "grant": "authorize"})
t = Terminal("login", "--browser", "--profile", "t", home=s.home)
url = t.expect(r"(?m)^https://\S+$")
visit(s.page(url.group(0))[0])
check("an administrator must approve: one key", t.expect("Press a for the letter"), t)
t.type("a")
check("prints the letter", t.end() == 3 and "How to take it back" in t.text and t.put_back(), t)

# With a real keyring, and what a host's server then finds.
if desktop.MISSING:
    skip("the browser with a real keyring", "no " + ", ".join(desktop.MISSING))
else:
    desk = desktop.Desktop()
    desk.start_keyring()
    s.home.conf(s.profile("t") + s.profile("ring", store=None, refresh_token_file=None))
    s.fresh()
    t = Terminal("login", "--browser", "--profile", "ring", home=s.home, env=desk.variables())
    url = t.expect(r"(?m)^https://\S+$")
    back = s.page(url.group(0))[0] if url else ""
    t.type(back + "\n")
    check("the browser with a real keyring", t.end() == 0 and "Signed in as" in t.text and t.put_back(), t)
    r = run("call", "whoami", "--profile", "ring", "--json", home=s.home, env=desk.variables())
    check("and the next program finds it there", r.code == 0 and r.json()["signedIn"], r)
    desk.stop()

# The desktop's way to open an address.
bin_dir = os.path.join(s.home.path, "bin")
os.mkdir(bin_dir)
seen = os.path.join(s.home.path, "opened")


def program(name, body):
    path = os.path.join(bin_dir, name)
    with open(path, "w") as f:
        f.write("#!/bin/sh\n" + body)
    os.chmod(path, stat.S_IRWXU)


def opened(**env):
    if os.path.exists(seen):
        os.unlink(seen)
    s.fresh()
    login = Login(env=dict({"PATH": bin_dir + ":" + os.environ["PATH"]}, **env))
    until = time.monotonic() + 20
    while not os.path.exists(seen) and time.monotonic() < until:
        time.sleep(0.02)
    visit(login.drive())
    login.finish()
    with open(seen) as f:
        return login, f.read().split("\n")


program("xdg-open", 'echo noise; echo noise >&2; printf "%s\\n" xdg-open "$@" >' + seen + ".new; mv "
        + seen + ".new " + seen + "\n")
l, argv = opened(DISPLAY=":9")
check("xdg-open gets the address and nothing else", l.code == 0 and argv == ["xdg-open", l.url, ""], (argv, l.url))
check("what it prints is nobody's", "noise" not in l.out + l.err, l)
program("wslview", 'printf "%s\\n" wslview "$@" >' + seen + ".new; mv " + seen + ".new " + seen + "\n")
l, argv = opened(WSL_DISTRO_NAME="Debian")
check("wslview under WSL", argv == ["wslview", l.url, ""], argv)
program("wslview", "exit 3\n")
l, argv = opened(WSL_DISTRO_NAME="Debian", WAYLAND_DISPLAY="wayland-0")
check("one that fails is followed by the next", argv == ["xdg-open", l.url, ""], argv)
s.fresh()
l = Login(env={"PATH": bin_dir, "DISPLAY": ":9"})
os.unlink(seen) if os.path.exists(seen) else None
l2 = Login("--no-open", env={"PATH": bin_dir, "DISPLAY": ":9"})
visit(l2.drive())
l2.finish()
check("--no-open", l2.code == 0 and not os.path.exists(seen), l2)
l.p.kill()
l.finish()

s.stop()
end()

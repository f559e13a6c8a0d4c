#!/usr/bin/env python3
"""The sign-in in a real gnome-keyring, without a screen: each state, each store, and who sees what.
"""
import ctypes
import errno
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import threading
import time

import canaries
import desktop
from cli import B, PROGRAM, check, end, run, skip
from signing import Signing
from terminal import Terminal

PATIENCE = 60
# A sanitizer is slow; a hang is still found.
SLOW = bool(os.environ.get("ASAN_OPTIONS") or "san" in B)
SECOND = 5 if SLOW else 1
s = Signing()
HOME = s.home
conf = HOME.conf(s.profile("t", store=None, refresh_token_file=None) +
                 s.profile("u", store=None, refresh_token_file=None))
STATE = os.path.join(HOME.path, ".local", "state", "flowlatch", "profiles", "t")


def restore():
    HOME.conf(s.profile("t", store=None, refresh_token_file=None) +
              s.profile("u", store=None, refresh_token_file=None))


def login(*args, env=None, name="t"):
    return run("login", "--quick", "--profile", name, *args, home=HOME, env=env)


def call(env=None, name="t"):
    return run("call", "list_live_environments", "--profile", name, "--json", home=HOME, env=env)


class Server:
    """flowlatch serve, as an SDK starts it."""

    def __init__(self, env, name="t", wrap=()):
        self.p = subprocess.Popen([*wrap, PROGRAM, "serve", "--profile", name], env=env,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.id = 0
        self.lines = []
        self.err = []
        self.reader = threading.Thread(target=lambda: self.err.extend(self.p.stderr))
        self.reader.start()
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "sdk", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.p.stdin.write(json.dumps(dict(message, jsonrpc="2.0")) + "\n")
        self.p.stdin.flush()

    def request(self, method, params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        while True:
            line = self.p.stdout.readline()
            self.lines.append(line)
            message = json.loads(line)
            if message.get("id") == self.id:
                return message

    def environments(self):
        """(list or error object, seconds)."""
        started = time.monotonic()
        result = self.request("tools/call", {"name": "list_live_environments", "arguments": {}})
        text = json.loads(result["result"]["content"][0]["text"])
        return text.get("error", text) if isinstance(text, dict) else text, time.monotonic() - started

    def stop(self):
        self.p.stdin.close()
        self.p.wait(PATIENCE)
        self.reader.join()
        self.p.stdout.close()
        self.p.stderr.close()


def names(found):
    """The tenant of a list of environments, out of its default environment."""
    return [e["id"][8:] for e in found if e["id"].startswith("Default-")]


# ---- without a keyring ----

s.fresh(devicePolls=0)
started = time.monotonic()
r = login()
check("no session bus: its own sentence, and the option that helps", r.code == 2 and
      "no session bus" in r.err and "--store file" in r.err and "and enter" not in r.err, r)
check("told at once", time.monotonic() - started < 2 * SECOND)
r = call()
check("the same for a call", r.code == 3 and "no session bus" in r.out and
      r.json()["error"]["code"] == "not_signed_in", r)
r = run("status", "--profile", "t", "--json", home=HOME)
check("and for status", r.code == 3 and r.json()["profiles"][0]["store"]["state"] == "no_bus", r)
r = login(env={"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus"})
check("a bus that is gone", r.code == 2 and "no session bus" in r.err, r)
r = login(env={"DBUS_SESSION_BUS_ADDRESS": "disabled:"})
check("a bus that somebody switched off", r.code == 2 and "no session bus" in r.err, r)

t = Terminal("login", "--quick", "--profile", "t", home=HOME)
shown = t.expect(r"Number \(1 to 4\): ")
check("a terminal gets a numbered choice", shown and "no session bus" in t.text and
      "1  in encrypted files" in t.text, t)
t.type("9\n")
t.expect("one of the numbers")
t.type("1\n")
check("the choice is used", t.end() == 0 and "Signed in as" in t.text, t)
with open(conf) as f:
    text = f.read()
check("and written into the profile, with account and tenant",
      re.search(r"^store = file$", text, re.M) and "account = " + s.ready["account"] in text and
      "tenant = " + s.ready["tenant"] in text and
      "key_file = %s/t.key" % os.path.dirname(conf) in text, text)
check("the key and the sealed sign-in are for their owner alone",
      os.stat(os.path.dirname(conf) + "/t.key").st_mode & 0o777 == 0o600 and
      os.stat(STATE + "/refresh_token.sealed").st_mode & 0o777 == 0o600)
check("the next call finds it", call().code == 0)
r = run("status", "--profile", "t", "--json", home=HOME)
p = r.json()["profiles"][0]
check("status", r.code == 0 and p["signedIn"] and p["userPrincipalName"] == s.ready["account"] and
      p["store"]["kind"] == "file" and p["tokenWrittenAt"], r)
r = run("logout", "--profile", "t", home=HOME)
check("logout says what is still honoured", r.code == 0 and "until they expire" in r.out and
      "revoke" in r.out, r)
with open(conf) as f:
    text = f.read()
check("the key, the files and what login wrote are gone",
      not os.path.exists(os.path.dirname(conf) + "/t.key") and "store = " not in text and
      "account = " not in text and "tenant = " not in text and
      sorted(os.listdir(STATE)) == ["log", "log_key"], text)
t = Terminal("login", "--quick", "--profile", "t", home=HOME)
t.expect(r"Number \(1 to 4\): ")
t.type("4\n")
check("nothing is a choice too", t.end() == 3 and "nothing was changed" in t.text, t)

if desktop.MISSING:
    skip("with a keyring", "no " + " and no ".join(desktop.MISSING))
    s.stop()
    end()

# ---- the states of a keyring ----

restore()
desk = desktop.Desktop()
ENV = desk.variables()
r = login(env=ENV)
check("nobody keeps secrets on the bus", r.code == 2 and "no keyring service" in r.err and
      "--store file" in r.err, r)
desk.start_keyring(None)
r = login(env=ENV)
check("a service without a default keyring", r.code == 2 and "no default keyring" in r.err and
      "flowlatch unlock" in r.err, r)
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
shown = t.expect(r"Number \(1 to 4\): ")
check("in a terminal it is asked to make one, then for another store",
      shown and "A window may ask" in t.text and "no default keyring" in t.text, t)
t.interrupt()
t.end()
check("Ctrl-C at the choice", t.process.returncode != 0 and not os.path.exists(STATE + "/signin.json"))
desk.stop_keyring()
desk.start_keyring()
r = login(env=ENV)
check("an open keyring: signed in", r.code == 0 and "Signed in as" in r.out, r)
with open(conf) as f:
    check("the store is written down", re.search(r"^store = keyring$", f.read(), re.M))
check("the next call finds it", call(env=ENV).code == 0)
check("nothing of it lies in the profile's directory",
      not [n for n in os.listdir(STATE) if "token" in n and n != "token.lock"], os.listdir(STATE))
r = run("status", "--profile", "t", "--json", home=HOME, env=ENV)
check("status", r.code == 0 and r.json()["profiles"][0]["store"]["state"] == "ok", r)

# ---- a host's server ----

six = {k: os.environ.get(k, "x") for k in ("LOGNAME", "SHELL", "TERM", "USER")}
six.update(HOME=HOME.path, PATH=os.environ["PATH"])
six.update({k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")})
wrap = desktop.user_bus(desk.bus)
if not wrap:
    skip("with the six variables of a host", "no mount namespace here")
else:
    server = Server(six, wrap=wrap)
    found, _ = server.environments()
    check("with the six variables of a host the server finds the sign-in of the terminal",
          isinstance(found, list) and names(found) == [s.ready["tenant"]], found)
    server.stop()
    check("and says nothing about it", not server.err, server.err)
server = Server(dict(six, XDG_RUNTIME_DIR=desk.temp, DBUS_SESSION_BUS_ADDRESS="unix:path=" + desk.bus))
desk.lock()
watch = subprocess.Popen(["dbus-monitor", "--session", "interface=org.freedesktop.Secret.Prompt",
                          "interface=org.freedesktop.Secret.Service,member=Unlock"], env=desk.env(),
                         stdout=subprocess.PIPE, text=True) if shutil.which("dbus-monitor") else None
found, took = server.environments()
check("locked: an error that says so, and the command", found["code"] == "not_signed_in" and
      "keyring is locked" in found["message"] and found["humanCommand"] == "flowlatch unlock", found)
check("within a second (%.2f s)" % took, took < SECOND)
r = call(env=ENV)
check("a command says it too", r.code == 3 and "keyring is locked" in r.out, r)
r = login(env=ENV)
check("login without a terminal", r.code == 2 and "keyring is locked" in r.err and
      "and enter" not in r.err, r)
if watch:
    watch.terminate()
    out = watch.communicate()[0]
    check("nobody was asked anything", "Unlock" not in out and "member=Prompt" not in out, out)
r = run("unlock", "--profile", "t", home=HOME, env=ENV)
check("unlock where no window can be opened", r.code == 3 and "stayed locked" in r.err, r)
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
shown = t.expect(r"Number \(1 to 4\): ")
check("login in a terminal asks to unlock, then for another store", shown and
      "A window may ask" in t.text, t)
t.type("4\n")
t.end()
desk.unlock()
found, _ = server.environments()
check("unlocked: the same server's next call works", isinstance(found, list), found)
server.stop()
desk.freeze()
server = Server(dict(six, XDG_RUNTIME_DIR=desk.dir))
found, took = server.environments()
check("a service that does not answer: its own sentence", found["code"] == "not_signed_in" and
      "did not answer" in found["message"], found)
check("in a bounded time (%.1f s)" % took, 4 < took < 15 * SECOND)
desk.freeze(False)
found, _ = server.environments()
check("it answers again: so does the server", isinstance(found, list), found)
server.stop()

# ---- two profiles of two tenants ----

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
servers = [Server(dict(six, XDG_RUNTIME_DIR=desk.dir), name=n) for n in ("t", "u", "t", "u")]
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
        secrets[item] = doc.get("text") or __import__("base64").b64decode(doc["base64"])
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
    "file": b"..." + __import__("base64").b64encode(b"?abcdefghijklmnop?")}))
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

# ---- the store in memory ----

s.fresh(devicePolls=0)
restore()
r = login("--store", "session", env=ENV)
check("store = session", r.code == 0 and call(env=ENV).code == 0, r)
check("the keyring on the disk does not know", not canaries.search(
    {"label": "refresh_token"}, canaries.files(desk.home)))
r = run("logout", "--profile", "t", home=HOME, env=ENV)
check("and out again", r.code == 0 and call(env=ENV).code == 3, r)



def forbid_kernel_keyring():
    """What containers do: add_key and keyctl are EPERM (a seccomp filter, see seccomp(2))."""
    numbers = {"x86_64": (248, 250), "aarch64": (217, 219)}[os.uname().machine]
    code = [(0x20, 0, 0, 0), (0x15, 1, 0, numbers[0]), (0x15, 0, 1, numbers[1]),
            (0x06, 0, 0, 0x00050000 | errno.EPERM), (0x06, 0, 0, 0x7fff0000)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *c) for c in code))
    header = ctypes.create_string_buffer(struct.pack("HxxxxxxP", len(code), ctypes.addressof(program)))
    libc = ctypes.CDLL(None, use_errno=True)
    assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, header, 0, 0) == 0


def contained(*args, env=None):
    p = subprocess.run([PROGRAM, *args, "--profile", "t"], env=HOME.env(**(env or {})), text=True,
                       capture_output=True, timeout=PATIENCE, check=False,
                       preexec_fn=forbid_kernel_keyring)
    return p.returncode, p.stdout + p.stderr


if os.uname().machine in ("x86_64", "aarch64"):
    restore()
    code, text = contained("login", "--quick", "--store", "session", env=ENV)
    check("where the kernel's keyring is forbidden it is the collection in memory", code == 0 and
          desk.items("profile", "t") > 0 and not canaries.search({"label": "refresh_token"},
                                                               canaries.files(desk.home)), text)
    code, text = contained("call", "list_live_environments", env=ENV)
    check("the next call finds it", code == 0, text)
    code, text = contained("logout", env=ENV)
    check("and out again", code == 0 and desk.items() == 0, text)
    code, text = contained("login", "--quick", "--store", "session")
    check("with neither there is another way", code == 2 and "--store file" in text, text)
else:
    skip("where the kernel's keyring is forbidden", "unknown system call numbers")

for x in servers[:2]:
    x.stop()
desk.stop()
s.stop()
end()

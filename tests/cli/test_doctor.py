#!/usr/bin/env python3
"""flowlatch doctor in broken set-ups: its first line names the cause and the command that mends it.

Where the command can be run here, it is, and the doctor is then content.
"""
import json
import os
import shlex
import shutil
import socket
import subprocess
import threading
import time

from cli import PROGRAM, Home, Result, check, end, run, run_in_terminal, skip
from desktop import MISSING, Desktop
from signing import Signing

s = Signing()
home = s.home
BIN = os.path.dirname(PROGRAM)
PATH = BIN + ":" + os.environ["PATH"]
NO_BUS = {"DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent/bus",
          "XDG_RUNTIME_DIR": "/nonexistent"}


def doctor(*args, profile="t", env=None, at=home):
    more = {"PATH": PATH}
    more.update(env or {})
    return run("doctor", "--profile", profile, *args, home=at, env=more)


def first(r):
    return (r.out.splitlines() or [""])[0]


def command(r):
    line = first(r)
    return (line.partition(". Run: ")[2] or line.partition(". Next: ")[2])


def mend(r, env=None):
    """Runs what the first line says, as a person would; with `flowlatch` in PATH."""
    more = {"PATH": PATH}
    more.update(env or {})
    p = subprocess.run(["bash", "-c", command(r)], env=home.env(**more), capture_output=True,
                       text=True, stdin=subprocess.DEVNULL, timeout=60, check=False)
    return Result(p.returncode, p.stdout, p.stderr)


def names(what, r, row, *words, code, says=None):
    """The first line is of that row, has these words, and this command."""
    line = first(r)
    check(f"{what}: the first line names the cause", line.startswith(f"FAIL {row}: ") and
          all(w in line for w in words), r)
    check(f"{what}: and the command", command(r) == says if says else command(r), r)
    check(f"{what}: exit {code}", r.code == code, r)


def signed_in():
    """The tenant is fresh, and the first person signed in, though not by a device code."""
    s.fresh()
    with open(s.token, "w", encoding="ascii") as f:
        f.write(s.control("grants", {"user": s.ready["account"]})["refresh_token"])
    os.chmod(s.token, 0o600)


def content(what, r):
    check(f"{what}: then nothing is wrong", r.code == 0 and "FAIL" not in r.out and
          "Nothing is wrong." in r.out, r)


silent = []


def wait_for_silence():
    """A sign-in service that takes connections and says nothing; beside the rest, for it takes
    as long as the doctor's patience."""
    mute = Signing()
    mute.home.conf(mute.profile("t"))
    mute.control("fault", {"path": "*openid-configuration", "kind": "hang", "delayMs": 60000,
                           "count": -1})
    begun = time.monotonic()
    silent.append((doctor(at=mute.home), time.monotonic() - begun))
    mute.stop()


silence = threading.Thread(target=wait_for_silence)
silence.start()
home.conf(s.profile("t"))
signed_in()
r = doctor()
content("a good set-up", r)
check("each service has a token", "tokens for flow, powerapps, powerplatform, apihub" in r.out, r)
r = doctor("--json")
rows = {c["check"]: c for c in r.json()["checks"]}
check("--json has every row", r.code == 0 and r.json()["state"] == "ok" and set(rows) == {
    "configuration", "client_id", "state", "authorities", "store", "log", "proxy", "names",
    "connection", "clock", "certificate", "tenant", "services", "sign_in", "audiences",
    "clients", "version"}, r)
r = doctor("--host-env", env={"FLOWLATCH_TENANT": "no.such.tenant.example"})
content("--host-env sees nothing but the six variables", r)
r = run_in_terminal("doctor", "--profile", "t", home=home)
check("in a terminal", r.code == 0 and "Nothing is wrong." in r.out, r)

# ---- 1: no sudo ----

shutil.rmtree(os.path.join(home.path, "none"), ignore_errors=True)
os.makedirs(os.path.join(home.path, "none"))
home.conf(s.profile("t") + s.profile("k", store="keyring", refresh_token_file=None))
r = doctor(profile="k", env=dict(NO_BUS, PATH=home.path + "/none"))
names("no sudo, no keyring", r, "store", "no session bus", code=3,
      says=f"{PROGRAM} login --store file --profile k")
check("no sudo: nothing asks for it", "sudo" not in r.out, r)
s.control("set", {"clockShiftSeconds": -7200})
r = doctor(env={"PATH": home.path + "/none"})
names("no sudo, wrong clock", r, "clock", "2 h ahead of", code=1)
check("no sudo: whoever may do it is asked", command(r) == (
    "timedatectl set-ntp true" if os.geteuid() == 0 else
    "ask the administrator of this machine for: timedatectl set-ntp true") or
    "hwclock" in command(r), r)
s.control("set", {"clockShiftSeconds": 0})

# ---- 2: a locked keyring ----

if MISSING:
    skip("a locked keyring", "needs " + ", ".join(MISSING))
else:
    desk = Desktop()
    desk.start_keyring()
    where = desk.variables()
    where["DBUS_SESSION_BUS_ADDRESS"] = desk.env()["DBUS_SESSION_BUS_ADDRESS"]
    r = run("login", "--profile", "k", home=home, env=where)
    check("signed in with the keyring", r.code == 0, r)
    desk.lock()
    started = time.monotonic()
    r = doctor(profile="k", env=where)
    names("a locked keyring", r, "store", "the keyring is locked", code=3, says="flowlatch unlock")
    check("a locked keyring: no dialog is waited for", time.monotonic() - started < 15, r)
    desk.unlock()
    r = doctor(profile="k", env=where)
    check("unlocked: as a person nothing is wrong", not [
        x for x in r.out.splitlines() if x.startswith("FAIL") and "when a host" not in x], r)
    # This bus is not where a server would look for it.
    if not os.path.exists("/run/user/%d/bus" % os.geteuid()):
        names("a bus that only the terminal knows", r, "store", "when a host starts it",
              "no session bus", code=3)
    desk.stop()

# ---- 3: no D-Bus ----

home.conf(s.profile("t") + s.profile("b", store="keyring", refresh_token_file=None))
r = doctor(profile="b", env=NO_BUS)
names("no D-Bus", r, "store", "no session bus", code=3,
      says="flowlatch login --store file --profile b")
s.fresh()
m = mend(r, NO_BUS)
check("no D-Bus: the command works", m.code == 0, m)
content("no D-Bus", doctor(profile="b", env=NO_BUS))
signed_in()

# ---- 4: no client id ----

home.conf(s.profile("t", client_id=None))
r = doctor()
names("no client id", r, "client_id", "names no client_id", code=2,
      says="flowlatch setup app --profile t")
check("no client id: what rests on it is not looked at", "sign_in: not looked at: client_id" in r.out, r)
r = run("doctor", home=Home(), env=dict(NO_BUS, PATH=PATH))
names("an empty home", r, "client_id", "names no client_id", code=2, says="flowlatch setup app")

# ---- 5: wrong tenant ----

home.conf(s.profile("t", tenant="no.such.tenant.example"))
r = doctor()
names("wrong tenant", r, "tenant", "no.such.tenant.example is not found (AADSTS90002)", code=2)
check("wrong tenant: the command works", mend(r).code == 0, command(r))
content("wrong tenant", doctor())

# However people lay out their file, the command changes what counts, and nothing else.
WRONG = "no.such.tenant.example"
bare = s.profile("t").split("\n", 1)[1]
for layout, text, profile in (
        ("all in front", f"# mine\ntenant = {WRONG}\n" + bare, "default"),
        ("all in front, with blanks", bare + f"  tenant={WRONG} \n", "default"),
        ("in front of the section", f"tenant = {WRONG}\n" + s.profile("t"), "t"),
        ("two sections", s.profile("u", tenant=WRONG) + s.profile("t", tenant=WRONG) +
         s.profile("v", tenant=WRONG), "t"),
        ("a section of the default", s.profile("default", tenant=WRONG), "default")):
    path = home.conf(text)
    r = doctor(profile=profile)
    names(f"wrong tenant, {layout}", r, "tenant", WRONG, code=2)
    m = mend(r)
    with open(path, encoding="ascii") as f:
        after = f.read()
    changed = [x for x in text.splitlines() if x not in after.splitlines()]
    check(f"wrong tenant, {layout}: the command changes one line at most", m.code == 0 and
          len(changed) <= 1 and after.count(WRONG) >= text.count(WRONG) - 1, after)
    content(f"wrong tenant, {layout}", doctor(profile=profile))

# ---- 6: wrong clock ----

home.conf(s.profile("t"))
for shift, words in ((-1500, "25 min ahead of"), (91800, "25 h behind"), (-400 * 86400, "400 days ahead")):
    s.control("set", {"clockShiftSeconds": shift})
    r = doctor()
    names(f"clock off by {shift} s", r, "clock", words, code=1)
s.control("set", {"clockShiftSeconds": 120})
check("two minutes are no trouble", "FAIL clock" not in doctor().out)
signed_in()

# ---- 7: the company's authority is missing ----

home.conf(s.profile("t", ca_file=None))
r = doctor(env={"NODE_EXTRA_CA_CERTS": s.ready["ca_file"]})
names("company CA missing", r, "certificate", "authority that is not trusted", "NODE_EXTRA_CA_CERTS",
      code=1)
check("company CA missing: the command works", mend(r).code == 0, command(r))
content("company CA missing", doctor())
home.conf(s.profile("t", ca_file=None))
r = doctor()
# A machine may have certificates that its bundle has not taken up yet.
waiting = "update-ca-certificates" in command(r)
names("company CA unknown", r, "certificate",
      "/usr/local/share/ca-certificates" if waiting else "ask its IT", code=1)
check("company CA unknown: the key that wants it", waiting or
      "ca_file = /PATH/TO/COMPANY-CA.pem" in command(r), r)
empty = os.path.join(home.path, "empty.pem")
with open(empty, "w", encoding="ascii") as f:
    f.write("nothing\n")
home.conf(s.profile("t", ca_file=empty))
r = doctor()
names("ca_file without a certificate", r, "authorities", empty, "no certificate", code=1)

# ---- 8: a proxy is needed ----


class Proxy:
    """CONNECT to anything ends at the tenant."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.seen = 0
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            client, _ = self.socket.accept()
            threading.Thread(target=self.one, args=(client,), daemon=True).start()

    def one(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            piece = client.recv(4096)
            if not piece:
                return
            head += piece
        self.seen += 1
        server = socket.create_connection(("127.0.0.1", s.ready["port"]))
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=pump, args=(server, client), daemon=True).start()
        pump(client, server)


def pump(a, b):
    try:
        while piece := a.recv(65536):
            b.sendall(piece)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        pass


proxy = Proxy()
ADDRESS = "http://127.0.0.1:%d" % proxy.port
# A port where nobody listens: only the proxy knows the way.
with socket.create_server(("127.0.0.1", 0)) as free:
    closed = free.getsockname()[1]


def behind(**changes):
    """The tenant's addresses, each with the closed port."""
    urls = {k: s.ready[k].replace(":%d" % s.ready["port"], ":%d" % closed)
            for k in ("login_url", "flow_url", "powerapps_url", "bap_url", "powerplatform_url")}
    urls.update(changes)
    return s.profile("t", **urls)


signed_in()
home.conf(behind(proxy=ADDRESS))
r = doctor()
content("with the proxy", r)
check("it was used", proxy.seen > 0 and ADDRESS in r.out, r)
home.conf(behind())
r = doctor()
if "other programs here use" in first(r):
    skip("no proxy, and nobody knows one", "this machine's programs use one")
else:
    names("no proxy, and nobody knows one", r, "connection", "is not reached", code=5,
          says="flowlatch doctor --proxy http://HOST:PORT")
with open(os.path.join(home.path, ".gitconfig"), "w", encoding="ascii") as f:
    f.write("[http]\n\tproxy = http://ann:secret@127.0.0.1:%d\n" % proxy.port)
r = doctor()
names("proxy needed", r, "proxy", "is not reached without a proxy", ".gitconfig", code=5)
check("proxy needed: user and password are not shown", "secret" not in r.out and "ann" not in r.out, r)
check("proxy needed: the command works", mend(r).code == 0, command(r))
content("proxy needed", doctor())
os.unlink(os.path.join(home.path, ".gitconfig"))
home.conf(behind())
for variable in ("https_proxy", "HTTPS_PROXY", "ALL_PROXY"):
    r = doctor(env={variable: ADDRESS})
    names(f"{variable} of the terminal alone", r, "connection", "when a host starts it",
          variable + " is set in this terminal", code=5)
check("proxy of the terminal: the command works", mend(r).code == 0, command(r))
content("proxy of the terminal", doctor())
home.conf(s.profile("t", proxy="http://127.0.0.1:%d" % closed))
r = doctor()
names("a wrong proxy", r, "proxy", "does not let us through", code=5)
check("a wrong proxy: the command works", mend(r).code == 0, command(r))
signed_in()
content("a wrong proxy", doctor())

# ---- 9: DNS ----

invalid = {k: "https://%s.flowlatch.invalid" % k[:-4] for k in (
    "login_url", "flow_url", "powerapps_url", "bap_url", "powerplatform_url")}
home.conf(s.profile("t", **invalid))
r = doctor()
names("DNS broken", r, "names", "DNS is broken", "login.flowlatch.invalid", code=5)
home.conf(s.profile("t", login_url="https://login.flowlatch.invalid"))
r = doctor()
names("one name misspelt", r, "names", "DNS does not know login.flowlatch.invalid", "login_url",
      code=5)
check("one name misspelt: where it stands", command(r).endswith("flowlatch.conf'"), r)

# ---- 10: device code blocked ----

home.conf(s.profile("t"))
s.fresh()
r = run("login", "--profile", "t", home=home)
check("signed in with a device code", r.code == 0, r)
s.control("set", {"deviceBlocked": True})
r = doctor()
names("device code blocked", r, "audiences", "AADSTS530036", "flow, powerapps, powerplatform", code=3,
      says="flowlatch login --profile t --browser")
check("device code blocked: one line is enough", r.out.count("FAIL") == 1, r)

# ---- 11: consent missing ----

signed_in()
s.control("set", {"consent": {"powerapps": False}})
r = doctor()
names("consent missing", r, "audiences", "no token for powerapps: ", "AADSTS65001", code=3,
      says="flowlatch login --profile t --audience powerapps")
check("consent missing: the others have theirs", "tokens for flow, powerplatform, apihub" in r.out, r)
s.control("set", {"consent": {"powerapps": True}, "mfa": {"flow": True}})
r = doctor()
names("a second factor", r, "audiences", "no token for flow: ", "second factor", code=3,
      says="flowlatch login --profile t --audience flow")

# ---- 12: a host that starts something else ----

signed_in()
other = os.path.join(home.path, "old", "flowlatch")
os.makedirs(os.path.dirname(other))
shutil.copy(PROGRAM, other)


def claude(program, *args):
    with open(os.path.join(home.path, ".claude.json"), "w", encoding="ascii") as f:
        json.dump({"mcpServers": {"x": {"command": "y"}, "flowlatch": {
            "type": "stdio", "command": program, "args": list(args)}}}, f)


claude(other, "serve", "--profile", "t")
r = doctor()
names("a host starts another binary", r, "clients", "Claude Code", "another flowlatch", other, code=1,
      says="flowlatch setup client claude-code --write --profile t")
check("another binary: the command works", mend(r).code == 0, command(r))
r = doctor()
content("another binary", r)
check("it says what the host starts", "ok   clients: Claude Code" in r.out and
      "starts this program, profile t" in r.out, r)
claude(home.path + "/gone/flowlatch", "serve")
names("a host starts what is not there", doctor(), "clients", "is not there", code=1,
      says="flowlatch setup client claude-code --write")
os.chmod(other, 0o600)
claude(other, "serve")
names("a host starts what cannot be executed", doctor(), "clients", "cannot be executed", code=1,
      says="flowlatch setup client claude-code --write")
claude(PROGRAM, "serve", "--profile", "nobody")
names("a host names a profile that is not there", doctor(), "clients", "profile nobody", code=1,
      says="flowlatch setup client claude-code --write")
claude(PROGRAM, "--profile", "t")
names("a host does not serve", doctor(), "clients", "without serve", code=1,
      says="flowlatch setup client claude-code --write --profile t")
with open(os.path.join(home.path, ".claude.json"), "w", encoding="ascii") as f:
    f.write('{"mcpServers": {\n"flowlatch": {]\n')
names("a host's file is broken", doctor(), "clients", ".claude.json:2: ", code=1)
os.unlink(os.path.join(home.path, ".claude.json"))

# ---- and more ----

path = home.conf(s.profile("t") + "bogus = 1\n")
r = doctor()
line = sum(1 for _ in open(path, encoding="ascii"))
names("a key that is none", r, "configuration", f"{path}:{line}: ", code=2,
      says="${EDITOR:-vi} +%d '%s'" % (line, path))
home.conf(s.profile("t"), mode=0o666)
r = doctor()
names("a configuration that others may write", r, "configuration", "written by others", code=2)
check("others may write: the command works", mend(r).code == 0, command(r))
content("others may write", doctor())
r = doctor(profile="typo")
names("a profile that is none", r, "configuration", "typo", code=2)

r = doctor(env={"FLOWLATCH_TENANT": "no.such.tenant.example"})
names("a setting of the terminal", r, "tenant", "no.such.tenant.example", code=2)
home.conf(s.profile("t", client_id=None))
r = doctor(env={"FLOWLATCH_CLIENT_ID": s.ready["client_id"]})
names("a setting that only the terminal has", r, "client_id", "when a host starts it",
      "FLOWLATCH_CLIENT_ID is set in this terminal", code=2)
check("only the terminal has it: the command works", mend(r).code == 0, command(r))
content("only the terminal has it", doctor())

r = doctor(env={"FLOWLATCH_TENANT": "no blank.example"})
names("a variable that cannot be", r, "configuration", "FLOWLATCH_TENANT", code=2,
      says="unset FLOWLATCH_TENANT")
check("a variable that cannot be: no more than that", r.out.count("FAIL") == 1, r)
os.makedirs(home.path + "/x/flowlatch")
shutil.copy(home.conf(s.profile("t")), home.path + "/x/flowlatch/")
moved = {"XDG_CONFIG_HOME": home.path + "/x", "XDG_STATE_HOME": home.path + "/y"}
os.rename(home.path + "/.config/flowlatch/flowlatch.conf", home.path + "/away")
content("a configuration that was moved", doctor(env=moved))
claude(PROGRAM, "serve", "--profile", "t")
r = doctor(env=moved)
names("a host is not told where", r, "clients", "starts flowlatch without --", code=1,
      says="flowlatch setup client claude-code --write --profile t")
m = mend(r, moved)
check("a host is not told where: the command works", m.code == 0, m)
content("a host is told where", doctor(env=moved))
os.rename(home.path + "/away", home.path + "/.config/flowlatch/flowlatch.conf")
os.unlink(home.path + "/.claude.json")

os.unlink(s.token)
r = doctor()
names("nobody is signed in", r, "sign_in", "nobody is signed in", code=3,
      says="flowlatch login --profile t")
check("nobody is signed in: the command works", mend(r).code == 0, command(r))
content("nobody is signed in", doctor())
os.chmod(s.token, 0o644)
r = doctor()
names("a token that others may read", r, "store", s.token, code=3, says=f"chmod 0600 '{s.token}'")
check("others may read: the command works", mend(r).code == 0, command(r))

run("call", "list_live_environments", "--profile", "t", home=home)
log = os.path.join(home.path, ".local/state/flowlatch/profiles/t/log")
segment = sorted(x for x in os.listdir(log) if x.endswith(".jsonl"))[0]
with open(os.path.join(log, segment), "r+b") as f:
    text = f.read()
    f.seek(0)
    f.write(text.replace(b'"st":"ok"', b'"st":"no"', 1))
r = doctor()
names("a usage log that was changed", r, "log", "not what was written", code=1,
      says="flowlatch log verify --profile t")
shutil.rmtree(log)

s.control("fault", {"face": "flow", "method": "GET", "path": "/", "kind": "close", "count": -1})
r = doctor()
names("one service is cut off", r, "services", s.ready["flow_url"], "firewall", code=5)
s.control("fault/clear", {})
s.control("fault", {"path": "*openid-configuration", "status": 503, "count": -1})
r = doctor()
names("the sign-in service is not well", r, "tenant", "status 503", code=2)
s.control("fault/clear", {})
silence.join()
r, took = silent[0]
names("no answer", r, "connection", "is not reached", code=5)
check("no answer: given up in time", took < 30, took)

check("bad options", run("doctor", "--host-env=1", home=home).code == 2 and
      run("doctor", "now", home=home).code == 2)
check("every command can be read by a shell", all(shlex.split(x.partition(". Run: ")[2]) for x in
                                                  doctor(profile="t").out.splitlines() if "Run: " in x))
s.stop()
end()

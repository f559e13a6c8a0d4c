#!/usr/bin/env python3
"""The sign-in in a real gnome-keyring, without a screen: each state, each store, what a host's
server sees.
"""
import ctypes
import errno
import json
import os
import re
import shutil
import struct
import subprocess
import time

import canaries
import desktop
from cli import PROGRAM, check, end, run, skip
from hosting import HOME, PATIENCE, SECOND, STATE, Server, call, conf, login, names, restore, s
from terminal import Terminal

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
r = login("--store", "file")
r = run("logout", "--profile", "t", home=HOME, env={"FLOWLATCH_STORE": "session"})
check("a variable that names another store leaves a profile that works", r.code == 0 and
      run("status", "--profile", "t", home=HOME).code == 3, r)
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

desk.stop()
s.stop()
end()

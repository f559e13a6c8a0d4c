#!/usr/bin/env python3
"""Windows of the keyring: who may open one, what its answer does, and how one gets out of it.

With a Secret Service of our own (fake_secrets.py), because a real one needs a screen for them.
"""
import os
import subprocess
import time

import desktop
from cli import check, end, run, skip
from signing import Signing
from terminal import Terminal

FAKE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fake_secrets.py")


class Fake:
    def __init__(self, *options):
        self.desk = desktop.Desktop()
        self.p = subprocess.Popen([FAKE, *options], env=self.desk.env(), stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        assert self.p.stdout.readline() == "ready\n"

    def stop(self):
        """Ends it; the number of windows that it was told to open."""
        self.p.terminate()
        prompts = self.p.communicate()[0].count("prompt\n")
        self.desk.stop()
        return prompts


works = not desktop.MISSING and os.path.exists("/usr/bin/python3") and not subprocess.run(
    ["/usr/bin/python3", "-c", "import dbus, dbus.mainloop.glib; from gi.repository import GLib"],
    capture_output=True, check=False).returncode
if not works:
    skip("windows of the keyring", "no dbus-daemon, python3-dbus or python3-gi")
    end()

s = Signing()
s.fresh(devicePolls=0)
HOME = s.home
HOME.conf(s.profile("t", store=None, refresh_token_file=None))


def call(fake):
    return run("call", "list_live_environments", "--profile", "t", "--json", home=HOME,
               env=fake.desk.variables())


fake = Fake("locked")
ENV = fake.desk.variables()
r = call(fake)
check("a server's call opens no window", r.code == 3 and "keyring is locked" in r.out, r)
r = run("login", "--quick", "--profile", "t", home=HOME, env=ENV)
check("nor does login without a terminal", r.code == 2 and "keyring is locked" in r.err, r)
r = run("status", "--profile", "t", home=HOME, env=ENV)
check("nor status", r.code == 3 and "keyring is locked" in r.out, r)
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
check("login in a terminal opens one, and goes on when it was answered",
      t.end() == 0 and "A window may ask" in t.text and "Signed in as" in t.text, t)
check("what it stored is found", call(fake).code == 0)
r = run("logout", "--profile", "t", home=HOME, env=ENV)
check("and removed", r.code == 0 and fake.desk.items() == 0, r)
check("one window in all", fake.stop() == 1)

fake = Fake("locked")
r = run("unlock", "--profile", "t", home=HOME, env=fake.desk.variables())
check("unlock opens a window without a terminal too: a person ran it", r.code == 0 and "open" in r.out, r)
check("once", fake.stop() == 1)

fake = Fake("empty")
ENV = fake.desk.variables()
r = call(fake)
check("no default keyring", r.code == 3 and "no default keyring" in r.out, r)
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
check("login in a terminal has one made", t.end() == 0 and "Signed in as" in t.text, t)
r = run("logout", "--profile", "t", home=HOME, env=ENV)
check("one window", fake.stop() == 1 and r.code == 0, r)

fake = Fake("locked", "dismiss")
ENV = fake.desk.variables()
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
shown = t.expect(r"Number \(1 to 4\): ")
check("the window was closed: another store is offered", shown and "stayed locked" in t.text, t)
t.type("4\n")
t.end()
fake.stop()

fake = Fake("locked", "silent")
ENV = fake.desk.variables()
t = Terminal("unlock", "--profile", "t", home=HOME, env=ENV)
t.expect("A window may ask")
assert fake.p.stdout.readline() == "prompt\n"
started = time.monotonic()
t.interrupt()
check("nobody answers the window: Ctrl-C ends the waiting", t.end() == 3 and "stopped" in t.text and
      time.monotonic() - started < 5, t)
t = Terminal("login", "--quick", "--profile", "t", home=HOME, env=ENV)
t.expect("A window may ask")
assert fake.p.stdout.readline() == "prompt\n"
t.interrupt()
check("the same at login: nothing is stored", t.end() == 3 and
      not [f for f in HOME.files() if f.endswith("signin.json")], t)
r = call(fake)
check("others are told at once that it is locked", r.code == 3 and "keyring is locked" in r.out, r)
fake.stop()
s.stop()
end()

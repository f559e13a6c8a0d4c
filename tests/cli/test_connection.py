#!/usr/bin/env python3
"""flowlatch connection add: a person types a key, approves, and the key is seen nowhere else."""
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcphost import Desk
from cli import PROGRAM, check, end
from terminal import Terminal

KEY = "k3y-of-the-plant-9f8e7d6c5b4a"
desk = Desk()
ENV = desk.tenant.environment("Operations")
ADD = ["connection", "add", "shared_plantsensors-5f8b1c", "--environment", ENV]
shown = ""


def connections():
    r = subprocess.run([PROGRAM, "call", "list_live_connections", "--environment-name", ENV, "--search",
                        "plantsensors", "--json"], capture_output=True, env=desk.home.env(), text=True)
    return r.stdout.count('"overallStatus":"Connected"')


def finish(t):
    global shown
    code = t.end()
    shown += t.text
    return code


t = Terminal("approve", "--set-pin", home=desk.home)
for prompt in ("New PIN", "Once more"):
    t.expect(prompt)
    t.type("2468\n")
check("a PIN", finish(t) == 0, t)

before = connections()
t = Terminal(*ADD, home=desk.home)
asked = t.expect("API key")
check("the key is asked for", asked and "Plant sensors" in t.text, t)
t.type(KEY + "\n")
waits = t.expect(r"flowlatch approve ([A-Z0-9-]+)")
again = t.expect("press Enter")
check("what would be done waits for a person's approval", waits and again, t)
check("nothing was made meanwhile", connections() == before)
if waits:
    a = Terminal("approve", waits.group(1), home=desk.home)
    check("what can be answered", a.expect("yes, no or edit|yes or no"), a)
    check("the card says what is made, and not with which key",
          "Makes a connection of" in a.text and KEY not in a.text, a)
    a.type("yes\n")
    a.expect("PIN: ")
    a.type("2468\n")
    check("it is approved", finish(a) == 0, a)
t.type("\n")
check("then it is made", finish(t) == 0 and re.search(r"Connected", t.text), t)
check("and is there", connections() == before + 1)
check("echo is on again", t.put_back())

t = Terminal(*ADD, home=desk.home)
t.expect("API key")
t.type("\n")
check("the key is needed", t.expect("(?s)API key.*API key"), t)
t.interrupt()
check("a key that is needed is asked for again; Ctrl-C stops", finish(t) not in (0, None), t)
check("and the terminal is as it was", t.put_back())

r = subprocess.run([PROGRAM, *ADD], capture_output=True, env=desk.home.env(), text=True, input=KEY,
                   start_new_session=True)
check("without a terminal no key is read", r.returncode == 2 and "no terminal" in r.stderr, r)
r = subprocess.run([PROGRAM, "connection", "add", "shared_teams", "--environment", ENV],
                   capture_output=True, env=desk.home.env(), text=True)
check("connectors with a sign-in have another way", "create_live_connection" in r.stderr, r)
r = subprocess.run([PROGRAM, "connection", "remove", "x"], capture_output=True, env=desk.home.env(),
                   text=True)
check("no other command", r.returncode == 2, r)

subprocess.run([PROGRAM, "call", "describe_live_connector", "--environment-name", ENV,
                "--connector-name", "shared_teams"], capture_output=True, env=desk.home.env())
kept = [p for p in desk.home.files() if "/.cache/" in p]
leaks = [p for p, text in desk.home.files().items() if KEY.encode() in text]
check("the key is in no file and on no screen", not leaks and KEY not in shown, leaks)
r = subprocess.run([PROGRAM, "logout"], capture_output=True, env=desk.home.env(), text=True)
check("signing out removes what is kept of connectors",
      kept and r.returncode == 0 and not [p for p in desk.home.files() if "/.cache/" in p], r)
end()

#!/usr/bin/env python3
"""A 403 for want of an administrator's role: one fresh token, then how to activate the role."""
import json
import subprocess
import time

from cli import PROGRAM, check, end
from signing import Signing

s = Signing()
s.home.conf(s.profile("t"))
s.fresh()
check("signed in", s.login("--quick").code == 0)
p = subprocess.Popen([PROGRAM, "serve", "--profile", "t"], env=s.home.env(), stdin=subprocess.PIPE,
                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
number = 0


def send(method, params):
    global number
    number += 1
    p.stdin.write(json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params}) + "\n")
    p.stdin.flush()
    while True:
        answer = json.loads(p.stdout.readline())
        if answer.get("id") == number:
            return answer["result"]


def flows(mode):
    r = send("tools/call", {"name": "list_live_flows", "arguments": {
        "environmentName": "Fabrikam Operations", "mode": mode, "fields": ["id"]}})
    return r.get("isError", False), json.loads(r["content"][0]["text"])


def refreshes():
    return sum(g["count"] for g in s.control("stats")["grants"]
               if g["grant"] == "refresh_token" and g["audience"] == "flow")


send("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                    "clientInfo": {"name": "test", "version": "0"}})
bad, doc = flows("owner")
check("a token is there", not bad, doc)
before = refreshes()
bad, doc = flows("admin")
check("without the role: forbidden, and how to activate it", bad and doc["error"]["code"] == "forbidden" and
      "Privileged Identity Management" in doc["hint"] and "renewed by itself" in doc["hint"], doc)
check("the token was renewed for it, once", refreshes() == before + 1, (before, refreshes()))
before = refreshes()
flows("admin")
check("not again at once", refreshes() <= before + 1)
s.control("set", {"admin": True})
until = time.monotonic() + 30
while True:
    bad, doc = flows("admin")
    if not bad or time.monotonic() > until:
        break
    time.sleep(0.2)
check("activated meanwhile: the next call finds it, in the same process", not bad and doc["totalCount"] > 0, doc)
before = refreshes()
check("and nothing is renewed any more", not flows("admin")[0] and refreshes() == before)
p.stdin.close()
check("ends", p.wait(30) == 0, p.stderr.read())
s.stop()
end()

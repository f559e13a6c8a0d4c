#!/usr/bin/env python3
"""flowlatch use, signed in: names, ids and links are looked up; what is unknown changes nothing."""
import json
import os

from cli import check, end, run, run_in_terminal
from signing import Signing

s = Signing()
home = s.home
PATH = home.conf(s.profile("t"))
s.fresh()
with open(s.token, "w", encoding="ascii") as f:
    f.write(s.control("grants", {"user": s.ready["account"]})["refresh_token"])
os.chmod(s.token, 0o600)
OPERATIONS = "587c137f-aa82-40af-8d08-17551614850d"


def use(*args):
    return run("use", "--profile", "t", *args, home=home)


def written():
    with open(PATH, encoding="utf-8") as conf:
        return [x.split(" = ", 1)[1].strip() for x in conf if x.startswith("environment = ")]


for given in ("Fabrikam Operations", "fabrikam operations", OPERATIONS, OPERATIONS.upper(),
              "https://make.powerautomate.com/environments/%s/flows" % OPERATIONS):
    use("--none")
    r = use(given)
    check(f"use {given}: the id is written, the name is shown", r.code == 0 and
          written() == [OPERATIONS] and "Fabrikam Operations" in r.out and not r.err, r)
r = use("--json")
check("use --json", r.json() == {"profile": "t", "environment": OPERATIONS}, r)
r = run("call", "list_live_flows", "--profile", "t", "--json", home=home)
check("calls mean it", r.code == 0 and r.json()["environmentName"] == OPERATIONS, r.out[:300])
with open(PATH, encoding="utf-8") as f:
    before = f.read()
for given, words in (("Fabrikam Operatoins", ["Fabrikam Operations", OPERATIONS]),
                     ("nothing like it", ["Fabrikam Sandbox", "Jana Novak's Environment"]),
                     ("00000000-0000-0000-0000-000000000000", [OPERATIONS]),
                     ("https://example.com/environments/" + OPERATIONS, ["names no environment"]),
                     ("https://make.powerautomate.com/", ["names no environment"])):
    r = use(given)
    with open(PATH, encoding="utf-8") as f:
        same = f.read() == before
    check(f"use {given}: refused, with what there is", r.code == 2 and same and
          all(w in r.err for w in words), r)
r = use("--none")
check("use --none", r.code == 0 and not written(), r)
r = run_in_terminal("use", "Fabrikam Sandbox", "--profile", "t", home=home)
check("in a terminal", r.code == 0 and "Fabrikam Sandbox (" in r.out, r)
twins = {"value": [{"name": "00000000-0000-0000-0000-00000000000%d" % i, "properties": {
    "displayName": "Twins", "environmentSku": "Sandbox"}} for i in (1, 2)]}
s.control("fault", {"path": "*/environments*", "status": 200, "count": -1, "body": json.dumps(twins),
                    "headers": {"Content-Type": "application/json"}})
r = use("Twins")
check("two of one name: refused, with their ids", r.code == 2 and "2 environments" in r.err and
      all(x["name"] in r.err for x in twins["value"]), r)
r = use(twins["value"][1]["name"])
check("an id tells them apart", r.code == 0 and written() == [twins["value"][1]["name"]], r)
s.control("fault/clear", {})
s.control("fault", {"face": "bap", "status": 403, "count": -1})
s.control("fault", {"face": "flow", "status": 403, "count": -1})
r = use("Fabrikam Operations")
check("not reached: written as it is, and said", r.code == 0 and
      written() == ["Fabrikam Operations"] and "not looked up" in r.err, r)
s.stop()
end()

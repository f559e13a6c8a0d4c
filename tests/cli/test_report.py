#!/usr/bin/env python3
"""flowlatch report run: the page as a file, without a browser (TAP).  tests/view looks at it in one."""
import json
import os
import re
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "talk"))
from server import BUILD, Home

EVIL = "</script><!--<script>\u2028\u2029&'\""
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5hIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUPTHsR8U"


def main():
    home = Home()
    home.start_tenant(["--date", "2026-11-21T12:00:00Z"])

    def flowlatch(*words):
        return subprocess.run([os.path.join(BUILD, "flowlatch"), "--config", home.config, *words],
                              capture_output=True, text=True, env=home.env, timeout=60,
                              cwd=home.dir, check=False)

    def call(tool, **arguments):
        return json.loads(flowlatch("call", tool, "--json", "--args",
                                    json.dumps(arguments)).stdout)

    tests = []

    def test(title, good, shown=""):
        tests.append(good)
        print("%sok %d - %s" % ("" if good else "not ", len(tests), title))
        if not good:
            print("# " + str(shown)[:300].replace("\n", "\n# "))

    try:
        env = call("list_live_environments", search="Operations")[0]["id"]
        flow = call("list_live_flows", environmentName=env, search="Contracts: renew what")
        flow = flow["flows"][0]["id"]
        run = call("get_live_flow_runs", environmentName=env, flowName=flow, top=1,
                   status="Failed")[0]["name"]
        where = ("--environment", env, "report", "run", run, "--flow", flow)
        home.control("POST", "fault", json.dumps({
            "face": "content", "path": "*", "status": 200, "count": -1,
            "body": {EVIL: EVIL, "authorization": "Bearer " + TOKEN}}))

        done = flowlatch(*where)
        path = home.path("run.html")
        with open(path, encoding="utf-8", newline="") as f:
            page = f.read()
        data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
        document = json.loads(data.group(1))
        test("it goes to run.html", done.returncode == 0 and "run.html" in done.stdout, done)
        test("it is readable by its owner only",
             stat.S_IMODE(os.stat(path).st_mode) == 0o600)
        test("it has the run and its steps", document["runName"] == run and
             document["status"] == "Failed" and
             [s["name"] for s in document["steps"]][:2] == ["Due_contracts", "For_each_contract"])
        passes = document["steps"][2]["passesShown"]
        test("it has inputs and outputs, and passes of loops, those that failed first",
             document["steps"][0]["outputs"][EVIL] == EVIL and
             passes[0]["status"] == "Failed" and passes[-1]["status"] == "Succeeded", passes)
        test("data ends no element and begins none",
             page.count("</script>") == 2 and "<!--<" not in page and not
             re.search("[<>&\u2028\u2029]", data.group(1)))
        test("secrets are masked", TOKEN not in page)
        test("the page names nothing on the network",
             not re.search(r"(src|href)\s*=|https?://(?!www\.w3\.org/2000/svg)",
                           page.replace(data.group(1), "")))
        home.control("POST", "fault/clear", "{}")

        done = flowlatch(*where, "-o", "-")
        test("- is standard output", done.stdout.startswith("<!DOCTYPE html>"), done)
        done = flowlatch("--json", *where, "--output", home.path("other.html"))
        test("--json says what was written", json.loads(done.stdout)["bytes"] ==
             os.path.getsize(home.path("other.html")), done)
        done = flowlatch("--environment", env, "report", "run",
                         "08584000000000000000000000000CU01", "--flow", flow, "-o", "none.html")
        test("a run that is not there", done.returncode == 1 and "28 days" in done.stderr and
             not os.path.exists(home.path("none.html")), done)
        done = flowlatch(*where, "-o", home.path("no/such/folder.html"))
        test("a file that cannot be written", done.returncode == 2 and "folder.html" in done.stderr,
             done)
        test("there are no other reports", flowlatch("report", "walk", run).returncode == 2 and
             flowlatch("report", "run").returncode == 2)
    finally:
        home.close()
    print("1..%d" % len(tests))
    return int(not all(tests))


if __name__ == "__main__":
    sys.exit(main())

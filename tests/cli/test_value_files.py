#!/usr/bin/env python3
"""Values of a run that are kept in a file: whose it is, what is in it, and when it goes (TAP)."""
import json
import os
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "talk"))
from server import BUILD, Home

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJqYW5hIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUPTHsR8U"
OLD, NEW = "flowlatch-value-1000000000000-00000000.json", "flowlatch-value-%d-00000000.json"


def main():
    home = Home()
    home.start_tenant(["--date", "2026-11-21T12:00:00Z"])
    folder = home.path("flows")
    os.mkdir(folder, 0o700)

    def call(tool, **arguments):
        done = subprocess.run([os.path.join(BUILD, "flowlatch"), "--config", home.config,
                               "--files", folder, "call", tool, "--json", "--args",
                               json.dumps(arguments)], capture_output=True, text=True,
                              env=home.env, timeout=60, check=False)
        return json.loads(done.stdout)

    try:
        env = call("list_live_environments", search="Operations")[0]["id"]
        flow = call("list_live_flows", environmentName=env, search="Sensor readings")["flows"][0]["id"]
        run = call("get_live_flow_runs", environmentName=env, flowName=flow, top=1)[0]["name"]
        kept = NEW % 9999999999999
        for name in (OLD, kept, "flowlatch-value-old.json", "mine.json"):
            with open(os.path.join(folder, name), "w", encoding="utf-8") as f:
                f.write("{}")
        body = {"rows": ["x" * 100 + "\u202e"] * 600, "authorization": "Bearer " + TOKEN}
        home.control("POST", "fault", json.dumps({
            "face": "content", "path": "*ActionOutputs*", "status": 200, "count": -1,
            "body": {"statusCode": 200, "body": body}}))
        item = call("get_live_flow_run_action_outputs", environmentName=env, flowName=flow,
                    runName=run, actionName="List_sensors", toFile=True)[0]
        path = item["outputsFile"]["path"]
        with open(path, encoding="utf-8") as f:
            text = f.read()
        mode = os.stat(path)
        tests = [
            ("it lies in the person's folder", os.path.dirname(path) == folder),
            ("it is the person's alone", stat.S_IMODE(mode.st_mode) == 0o600),
            ("it has the whole value", len(json.loads(text)["body"]["rows"]) == 600
             and item["outputsFile"]["whole"] is True),
            ("the answer has its beginning", "outputsCut" in item
             and 0 < len(json.dumps(item["outputs"])) < 30000),
            ("secrets are masked in it", TOKEN not in text and TOKEN not in json.dumps(item)),
            ("nothing in it steers a reader", "\u202e" not in text),
            ("an old one of ours is gone", not os.path.exists(os.path.join(folder, OLD))),
            ("what is not ours, or not old, stays", sorted(os.listdir(folder)) == sorted(
                [os.path.basename(path), kept, "flowlatch-value-old.json", "mine.json"])),
        ]
    finally:
        home.close()
    print("1..%d" % len(tests))
    for i, (title, good) in enumerate(tests, 1):
        print("%sok %d - %s" % ("" if good else "not ", i, title))
    return int(not all(good for _, good in tests))


if __name__ == "__main__":
    sys.exit(main())

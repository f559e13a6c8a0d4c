#!/usr/bin/env python3
"""A diagnosis does not wait for what hangs: after a while it says what it has, and what is missing.
"""
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from diagnosis import Bench, compose  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
bench = Bench()
flow, _ = bench.make("slow", {"X": compose("@split(triggerBody()?['tags'], ';')")})
run = bench.start(flow, {"tags": None})
bench.t.control("fault", {"path": "*/contents/*", "kind": "hang", "delayMs": 300000, "count": -1})
began = time.monotonic()
doc = bench.diagnose(flow, run)
took = time.monotonic() - began
tap.ok(took < 60, "it ends long before the call's time is up", took)
tap.ok(doc["action"]["name"] == "X" and doc["cause"] == "null_in_expression" and
       doc["confidence"] == "low" and any("trigger" in x for x in doc["missing"]),
       "with what it has, and what is missing", json.dumps(doc))
tap.ok("value" not in doc["expression"] and "cameFrom" not in doc["expression"] and
       "fixes" not in doc and "reads" not in doc, "and claims nothing of what it did not see",
       json.dumps(doc))
sys.exit(tap.end())

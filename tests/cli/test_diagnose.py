#!/usr/bin/env python3
"""flowlatch diagnose: why a run failed, in words for a terminal."""
import os
import subprocess
import sys

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../tenant"))
from diagnosis import Bench, answers, compose, http  # noqa: E402
from practice import BUILD, Tap  # noqa: E402

tap = Tap()
bench = Bench()


def flowlatch(*words):
    done = subprocess.run(
        [os.path.join(BUILD, "flowlatch"), "--config",
         os.path.join(bench.mcp.dir.name, "flowlatch.conf"), "--environment", bench.env, *words],
        capture_output=True, text=True, check=False,
        env={k: v for k, v in dict(os.environ, HOME=bench.mcp.dir.name).items()
             if k in ("PATH", "HOME", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS")})
    return done.returncode, done.stdout, done.stderr


flow, _ = bench.make("tags", {"Get": http(), "Each": {
    "type": "Foreach", "foreach": "@body('Get')?['value']", "actions": {
        "Tags": compose("@split(items('Each')?['t'], ';')")}}}, {
    "Get": answers(200, {"value": [{"ID": 1, "t": "x"}, {"ID": 2, "t": None}]})})
run = bench.start(flow, {})
code, out, err = flowlatch("diagnose", flow, run["name"])
tap.ok(code == 0 and not err, "a diagnosis", out + err)
for text in ("Tags failed", "cause       null_in_expression", "where       Each > Tags (Compose)",
             "items('Each')?['t'] = null", "from outputs of Get /body/value/1/t", "1 of 2 failed",
             '{"ID":2}', "/actions/Each/actions/Tags/inputs: @split(coalesce("):
    tap.ok(text in out, "says " + text, out)
code, out, err = flowlatch("--json", "diagnose", flow)
tap.ok(code == 0 and '"cause": "null_in_expression"' in out.replace('":"', '": "'),
       "the newest failed run, as JSON", out + err)
flow, _ = bench.make("quiet \x1b[31m", {"X": compose("x")})
code, out, err = flowlatch("diagnose", flow)
tap.ok(code == 0 and "No run of this flow failed" in out and "\x1b" not in out,
       "a flow that never ran", out + err)
code, out, err = flowlatch("diagnose", "no such flow")
tap.ok(code == 1 and "error:" in err and not out, "a flow that is not there", out + err)
code, out, err = flowlatch("diagnose")
tap.ok(code == 2, "without a flow", out + err)
sys.exit(tap.end())

#!/usr/bin/env python3
"""flowlatch log: show, verify, stats, export, purge, init, on a log that other processes wrote."""
import csv
import io
import json
import os
import subprocess

from cli import B, check, end, run, Home

home = Home()
state = os.path.join(home.path, "state")
home.conf(f"state_dir = {state}\n[profile torture]\ncloud = practice\n")
LOG = os.path.join(state, "profiles", "torture", "log")


def log(*args, input=""):
    return run("log", *args, "--profile", "torture", home=home, input=input)


r = log()
check("no log yet is said", r.code == 1 and "there is no usage log in" in r.err, r)
r = log("verify")
check("nothing can be verified yet", r.code == 2 and "no usage log yet" in r.out, r)

subprocess.run([os.path.join(B, "tests", "torture", "log_torture"), "load", state, "3", "20"],
               check=True, stdout=subprocess.DEVNULL)

r = log()
lines = r.out.splitlines()
check("show is the default: a header and 20 records", r.code == 0 and len(lines) == 21, r)
# Reads are not decided on: the column DECISION is empty, and takes no room.
check("columns for people", lines[0].split() ==
      ["#", "WHEN", "EVENT", "TOOL", "CLASS", "RESULT", "HTTP", "TOOK"], r)
check("no own records of the log without --all", "open" not in r.out, r)
r = log("show", "--last", "500", "--all", "--json")
check("all records as JSON", len(r.json()) == 61 and r.json()[0]["ev"] == "open" and
      [x["seq"] for x in r.json()] == list(range(1, 62)), r)
r = log("show", "--tool", "get_live_flow", "--last", "3", "--json")
check("by tool", [x["seq"] for x in r.json()] == [59, 60, 61], r)
check("no record of another tool", log("show", "--tool", "x").out == "No records.\n")
check("nothing failed", log("show", "--failed").out == "No records.\n")
check("since tomorrow", log("show", "--since", "2999-01-01").out == "No records.\n")
check("since an hour ago", len(log("show", "--since", "1h", "--last", "100", "--json").json()) == 60)
for words, what in (
        (["show", "--since", "yesterday"], "is no time"),
        (["show", "--last", "0"], "from 1 to"),
        (["show", "--last", "many"], "from 1 to"),
        (["export", "--format", "xml"], "jsonl or csv"),
        (["purge"], "needs --before"),
        (["purge", "--before", "2026-02-30"], "needs --before"),
        (["frobnicate"], "there is no 'frobnicate'"),
        (["show", "twice"], "unexpected argument"),
        (["verify", "--key-file", "/nonexistent"], "No such file")):
    r = log(*words)
    check(f"{' '.join(words)} is refused", r.code == 2 and what in r.err and not r.out, r)

r = log("stats", "--json")
check("stats", r.json() == [{"tool": "get_live_flow", "class": "read", "calls": 60, "ok": 60,
                             "failed": 0, "refused": 0, "p50": 12, "p90": 12, "p99": 12}], r)
check("stats for people", "get_live_flow" in log("stats").out)

r = log("export")
check("export: the lines as they are", len(r.out.splitlines()) == 61 and
      all(json.loads(x)["v"] == 1 for x in r.out.splitlines()), r)
with open(os.path.join(LOG, sorted(f for f in os.listdir(LOG) if f.endswith(".jsonl"))[0])) as f:
    check("export: byte by byte", f.read() == r.out)
rows = list(csv.DictReader(io.StringIO(log("export", "--format", "csv").out)))
records = [json.loads(x) for x in r.out.splitlines()]
check("export: CSV has every member of every record", len(rows) == 61 and all(
    {k: str(v) for k, v in x.items() if v != ""} == {k: v for k, v in row.items() if v != ""}
    for x, row in zip(records, rows)), rows[:2])

r = log("verify")
check("verify: intact", r.code == 0 and "The log is intact." in r.out, r)
r = log("verify", "--json")
check("verify: intact, as JSON", r.code == 0 and r.json()["verdict"] == "intact" and
      r.json()["records"] == 61 and r.json()["findings"] == [], r)

r = log("init", "--print-verification-key")
key = r.out.strip()
check("init prints the key", r.code == 0 and key.startswith("flowlatch-log-key-1:") and
      len(r.out.splitlines()) == 1, r)
check("the key is nowhere any more", not any(
    key.rsplit(":", 1)[1].encode() in b and p.find("/log_key") < 0 for p, b in home.files().items()))
r = log("init", "--print-verification-key")
check("only once", r.code == 1 and "shown before" in r.err and not r.out, r)
check("the log says that it was handed out",
      log("show", "--last", "1", "--json").json()[0]["dec"] == "key_shown")
r = log("init")
check("init again is fine", r.code == 0 and LOG in r.out, r)
check("verify with the key from standard input",
      log("verify", "--key-file", "-", input=key + "\n").code == 0)
key_file = os.path.join(home.path, "key")
with open(key_file, "w") as f:
    f.write(key + "\n")
check("verify with the key from a file", log("verify", "--key-file", key_file).code == 0)
wrong = key[:-1] + ("0" if key[-1] != "0" else "1")
r = log("verify", "--key-file", "-", input=wrong)
check("another key proves nothing", r.code == 1 and "BROKEN" in r.out, r)
r = log("verify", "--key-file", "-", input="hello")
check("what is no key is said", r.code == 2 and "not a verification key" in r.out, r)

r = log("purge", "--before", "2000-01-01")
check("nothing to purge", r.code == 0 and "Nothing is kept from before" in r.out, r)

segment = os.path.join(LOG, sorted(f for f in os.listdir(LOG) if f.endswith(".jsonl"))[0])
with open(segment) as f:
    lines = f.readlines()
with open(segment, "w") as f:
    f.writelines(lines[:9] + lines[10:])
r = log("verify")
check("a record that was removed is found, and where", r.code == 1 and
      "line 10, record 11: record 10 is missing before it" in r.out, r)
f = log("verify", "--json").json()["findings"][0]
check("the same as JSON", (f["problem"], f["line"], f["seq"]) == (True, 10, 11), f)
with open(segment, "a") as f:
    f.write("\x1b[2Jgarbage\n")
r = log("show")
check("what is no record is counted, not shown", r.code == 0 and "1 line of the log is no record" in r.err and
      "\x1b" not in r.out + r.err, r)
end()

#!/usr/bin/env python3
"""How the tenant starts and ends: files, options, parents, repeatable output, secrets."""
import json
import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from practice import API, FLOW, PROGRAM, SIMPLE, Tap, Tenant

tap = Tap()


def gone(pid, seconds=5):
    end = time.time() + seconds
    while time.time() < end:
        try:
            with open("/proc/%d/stat" % pid) as f:
                if f.read().rsplit(")", 1)[1].split()[0] == "Z":
                    return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def files():
    t = Tenant()
    mode = {n: stat.S_IMODE(os.stat(os.path.join(t.dir, n)).st_mode)
            for n in ("ca.pem", "refresh_token", "control")}
    tap.eq(mode["refresh_token"], 0o600, "the refresh token is the owner's alone")
    tap.eq(mode["control"], 0o600, "so is the control token")
    with open(t.ready["ca_file"]) as f:
        text = f.read()
    tap.ok("BEGIN CERTIFICATE" in text and "PRIVATE" not in text, "ca.pem holds no key")
    for name in ("ready", "port", "origin", "dir", "ca_file", "tenant", "client_id",
                 "refresh_token_file", "content_host", "login_url", "flow_url", "powerapps_url",
                 "bap_url", "powerplatform_url", "environment_url", "dataverse_url"):
        if name not in t.ready:
            tap.ok(False, "the ready line has " + name)
    tap.ok(t.ready["ready"] is True, "the ready line is complete")
    tap.ok(t.flow("/environments?" + API).status == 200, "it serves")
    canaries = [t.refresh_token, t.control_token, t.tokens[FLOW]]
    code, err = t.stop()
    out = t.process.stdout.read().decode() if not t.process.stdout.closed else ""
    tap.eq(code, 0, "SIGTERM ends it with 0")
    tap.ok(not any(c in err + out + json.dumps(t.ready) for c in canaries), "no secret is printed")
    t = Tenant("--verbose")
    t.flow("/environments?" + API)
    canaries = [t.refresh_token, t.control_token, t.tokens[FLOW]]
    code, err = t.stop()
    tap.ok("/environments" in err and not any(c in err for c in canaries),
           "nor with --verbose, which names paths", err)


def options():
    d = tempfile.mkdtemp()
    for args, code, what in (([], 2, "no --dir"), (["--dir", d, "--seed", "x"], 2, "unknown seed"),
                             (["--dir", d, "--date", "yesterday"], 2, "bad date"),
                             (["--dir", d, "--port", "70000"], 2, "port out of range"),
                             (["--dir", d, "--nonsense"], 2, "unknown option"),
                             (["--dir", d, "word"], 2, "stray argument"),
                             (["--help"], 0, "--help"), (["--version"], 0, "--version")):
        p = subprocess.run([PROGRAM] + args, capture_output=True, timeout=20, check=False,
                           stdin=subprocess.DEVNULL)
        tap.ok(p.returncode == code and b'"ready"' not in p.stdout, what, p.stderr.decode())
    p = subprocess.run([PROGRAM, "--dir", "/proc/nowhere"], capture_output=True, timeout=20,
                       check=False, stdin=subprocess.DEVNULL)
    tap.ok(p.returncode == 1 and p.stderr, "a directory that cannot be made is an error")


def parents():
    t = Tenant("--with-parent", stdin=subprocess.PIPE)
    t.process.stdin.close()
    tap.ok(gone(t.process.pid), "--with-parent: it ends when its input ends")
    t.process.wait()
    # A parent that is killed: the kernel tells.
    script = ("import subprocess,sys,time\n"
              "p=subprocess.Popen([sys.argv[1],'--dir',sys.argv[2],'--with-parent'],"
              "stdin=subprocess.PIPE,stdout=subprocess.PIPE)\n"
              "p.stdout.readline()\nprint(p.pid,flush=True)\ntime.sleep(60)\n")
    with tempfile.TemporaryDirectory() as d:
        parent = subprocess.Popen([sys.executable, "-c", script, PROGRAM, d],
                                  stdout=subprocess.PIPE)
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
        tap.ok(gone(pid), "--with-parent: it ends when its parent is killed")
    t = Tenant()
    tap.ok(t.process.poll() is None, "without it, an empty input is no reason to end")
    t.process.send_signal(signal.SIGINT)
    tap.eq(t.process.wait(10), 0, "SIGINT ends it with 0")


def strip(text, t):
    """What differs from start to start: ports and signatures."""
    text = text.replace(":%d" % t.port, ":PORT")
    return re.sub(r"sig=[A-Za-z0-9_-]+", "sig=S", text)


def dates():
    seen = []
    for _ in range(2):
        t = Tenant("--date", "2026-11-21T12:00:00Z")
        prod = t.environment("Operations")
        text = t.flow("/environments?" + API).body.decode()
        items, _ = t.pages("%s%s/environments/%s/flows?%s&$filter=search('personal')"
                           "&include=includeSolutionCloudFlows"
                           % (t.ready["flow_url"], SIMPLE, prod, API))
        text += json.dumps(items)
        for f in items[:6]:
            base = "/environments/%s/flows/%s/runs" % (prod, f["name"])
            runs = t.flow(base + "?" + API)
            text += runs.body.decode()
            for r in runs.json["value"][:2]:
                text += t.flow("%s/%s/actions?%s" % (base, r["name"], API)).body.decode()
        seen.append(strip(text, t))
        t.stop()
    tap.ok(seen[0] == seen[1] and len(seen[0]) > 100000, "--date: two starts answer alike",
           "%d and %d bytes" % (len(seen[0]), len(seen[1])))
    tap.ok("2026-11-21T" in seen[0] and "2026-10-2" in seen[0], "28 days of runs up to the date")


def quick():
    """Processor time, because other programs may keep the machine busy."""
    tick = os.sysconf("SC_CLK_TCK")
    best = 9e9
    for _ in range(5):
        t = Tenant()
        with open("/proc/%d/stat" % t.process.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        best = min(best, (int(fields[11]) + int(fields[12])) / tick)
        t.stop()
    limit = 0.1 if "san" not in PROGRAM else 2.0
    tap.ok(best < limit, "ready within %d ms" % (limit * 1000), "%.0f ms" % (best * 1000))


def seeds():
    t = Tenant("--seed", "empty")
    tap.eq(len(t.flow("/environments?" + API).json["value"]), 4, "the empty seed has environments")
    tap.eq(t.flows(t.environment("Operations")), [], "and no flow")
    tap.eq(t.stop()[0], 0, "and ends clean")


files()
options()
parents()
dates()
quick()
seeds()
sys.exit(tap.end())

"""How many round trips a diagnosis takes, and how much memory a large output costs.

nghttpx speaks HTTP/2 in front of the practice tenant, behind a line with a round trip of 80 ms; the
same call without the line tells how long the work itself takes.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.join(HERE, "../wire"), os.path.join(HERE, "../tenant")]
import servers  # noqa: E402
from diagnosis import SCHEMA, Mcp, chain, compose, http  # noqa: E402
from practice import Tenant  # noqa: E402
from fanout import front  # noqa: E402

ROUND_TRIP_MS, ACTIONS, LARGE = 80, 300, 50 << 20
MOST_ROUND_TRIPS, MOST_MEMORY = 6, 32 << 20


def certificates(where):
    """One authority, and one certificate for the tenant's names."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=where, check=True, capture_output=True)
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *curve, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
            "-subj", "/CN=bench")
    openssl("req", *curve, "-keyout", "good.key", "-out", "good.csr", "-subj", "/CN=practice")
    with open(os.path.join(where, "ext"), "w", encoding="ascii") as f:
        f.write("subjectAltName=DNS:localhost,DNS:*.practice.localhost,"
                "DNS:*.environment.practice.localhost,DNS:*.crm.practice.localhost\n")
    openssl("x509", "-req", "-in", "good.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "good.pem", "-days", "2", "-extfile", "ext")


class Front:
    """What Mcp needs of a tenant, with all addresses behind a line."""

    def __init__(self, tenant, where, port):
        old = ":%d" % tenant.port
        self.ready = {k: v.replace(old, ":%d" % port) if isinstance(v, str) else v
                      for k, v in tenant.ready.items()}
        self.ready["ca_file"] = os.path.join(where, "ca.pem")
        self.dir, self.refresh_token = tenant.dir, tenant.refresh_token


def make(t, env, script):
    """A run of 300 actions, of which the last one fails over what two others gave."""
    actions = {"A%d" % i: compose("%d" % i) for i in range(ACTIONS - 2)}
    actions["Get"] = http()
    actions["X"] = compose("@concat(outputs('A7'), string(outputs('Get')?['statusCode']), "
                           "first(split(triggerBody()?['tags'], ';')))")
    definition = {"$schema": SCHEMA, "contentVersion": "1.0.0.0", "parameters": {}, "outputs": {},
                  "triggers": {"manual": {"type": "Request", "kind": "Button",
                                          "inputs": {"schema": {}}}},
                  "actions": chain(actions)}
    path = "/environments/%s/flows" % env
    flow = t.flow(path + "?api-version=2016-11-01", "POST", body={"properties": {
        "definition": definition, "displayName": "bench", "state": "Started",
        "connectionReferences": {}}}).json["name"]
    t.control("flow", {"flow": flow, "script": {"run": {"actions": {"Get": script}}}})
    t.flow("%s/%s/triggers/manual/run?api-version=2016-11-01" % (path, flow), "POST",
           body={"tags": None})
    make.shift += 3600
    t.set(clockShiftSeconds=make.shift)
    run = t.flow("%s/%s/runs?api-version=2016-11-01&$top=1" % (path, flow)).json["value"][0]
    return flow, run["name"]


make.shift = 0


def timed(mcp, **arguments):
    began = time.monotonic()
    doc = mcp.call("diagnose_live_flow_run", **arguments)
    if doc.get("cause") != "null_in_expression":
        raise RuntimeError(json.dumps(doc)[:600])
    return (time.monotonic() - began) * 1000


def memory(mcp):
    with open("/proc/%d/status" % mcp.child.pid, encoding="ascii") as f:
        return next(int(x.split()[1]) << 10 for x in f if x.startswith("VmHWM"))


def measure(t, where, port, ms, arguments):
    """The first call of a server, and the best of three that follow: connections are open."""
    line = servers.Forwarder(port, ms=ms / 2)
    mcp = Mcp(Front(t, where, line.port))
    first = timed(mcp, **arguments)
    warm = min(timed(mcp, **arguments) for _ in range(3))
    mcp.end()
    return first, warm


def main():
    if not shutil.which("nghttpx"):
        print("diagnosis: skipped, nghttpx is not installed (Debian: nghttp2-proxy)")
        return 0
    where = tempfile.mkdtemp(prefix="flowlatch-diagnose-")
    certificates(where)
    t = Tenant("--plain-port", "0")
    t.set(tokenSeconds=10**7)
    env = t.environment("Operations")
    port, process = front(where, t.ready["plain_port"], "h2,http/1.1", "http/1.1")
    try:
        flow, run = make(t, env, {"outputs": {"statusCode": 200, "body": {}}})
        arguments = {"environmentName": env, "flowName": flow, "runName": run}
        near, far = (measure(t, where, port, ms, arguments) for ms in (0, ROUND_TRIP_MS))
        first, warm = ((f - n) / ROUND_TRIP_MS for n, f in zip(near, far))
        print(f"diagnosis of a run of {ACTIONS} actions at {ROUND_TRIP_MS} ms: {warm:.1f} round "
              f"trips when connections are open ({far[1]:.0f} ms, without the line "
              f"{near[1]:.0f} ms), {first:.1f} in the first call, sign-in and TLS included",
              flush=True)
        mcp = Mcp(t)
        timed(mcp, **arguments)
        before = memory(mcp)
        flow, run = make(t, env, {"bytes": LARGE, "outputs": {"statusCode": 200, "body": {}}})
        spent = timed(mcp, environmentName=env, flowName=flow, runName=run)
        grew = memory(mcp) - before
        mcp.end()
        print(f"diagnosis with an output of {LARGE >> 20} MB: {grew / (1 << 20):.1f} MB of memory "
              f"above the same diagnosis without it, {spent:.0f} ms", flush=True)
    finally:
        process.terminate()
        process.wait()
        t.stop()
        shutil.rmtree(where, ignore_errors=True)
    return 1 if warm > MOST_ROUND_TRIPS or grew > MOST_MEMORY else 0


if __name__ == "__main__":
    sys.exit(main())

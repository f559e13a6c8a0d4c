#!/usr/bin/env python3
"""Many server processes share one rotating refresh token.

The practice tenant rotates the refresh token at every use and revokes the whole sign-in when an
old one is used again.  PROCESSES processes renew their access token ROUNDS times at once:
the tenant must see exactly one refresh per process and round, no reuse, and the token in the
store must be the one that it considers valid.

B is the build directory; ROUNDS and PROCESSES the size (make torture: 200 rounds of 16).
"""
import hashlib
import json
import os
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

B = os.environ.get("B", "build")
ROUNDS = int(os.environ.get("ROUNDS", "10"))
PROCESSES = int(os.environ.get("PROCESSES", "16"))


def control(ready, verb, body=None):
    """One call of the tenant's control plane: POST with a body, else GET."""
    with open(ready["control_file"]) as f:
        token = f.read().strip()
    context = ssl.create_default_context(cafile=ready["ca_file"])
    request = urllib.request.Request(
        "%s/__practice/%s" % (ready["origin"], verb), data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "X-Practice-Token": token})
    with urllib.request.urlopen(request, context=context, timeout=20) as answer:
        return json.loads(answer.read() or b"null")


def write_profile(home, ready):
    path = os.path.join(home, "flowlatch.conf")
    with open(path, "w") as f:
        f.write("state_dir = %s/state\n\n[profile torture]\ncloud = custom\nstore = refresh_token_file\n"
                % home)
        for key in ("client_id", "refresh_token_file", "ca_file", "login_url", "flow_url",
                    "powerapps_url", "bap_url", "powerplatform_url", "environment_url", "dataverse_url"):
            f.write("%s = %s\n" % (key, ready[key]))
        f.write("content_hosts = %s\n" % ready["content_host"])
    os.chmod(path, 0o600)
    return path


def main():
    home = tempfile.mkdtemp(prefix="flowlatch-refresh-")
    tenant = subprocess.Popen(
        [B + "/flowlatch-tenant", "--dir", home + "/tenant", "--with-parent"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    probes = []
    failures = []
    try:
        ready = json.loads(tenant.stdout.readline())
        config = write_profile(home, ready)
        control(ready, "set", {"rotation": "reuse"})
        control(ready, "stats/reset", {})
        probes = [subprocess.Popen([B + "/tests/torture/refresh_probe", config, "torture"],
                                   stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
                  for _ in range(PROCESSES)]
        started = time.time()
        for _ in range(ROUNDS):
            for p in probes:
                p.stdin.write("\n")
                p.stdin.flush()
            for p in probes:
                line = p.stdout.readline().strip()
                if not line.startswith("ok "):
                    failures.append(line or "a process ended")
            if failures:
                break
        took = time.time() - started
        counted = [row for row in control(ready, "stats")["grants"] if row["grant"] == "refresh_token"]
        refreshes = sum(row["count"] for row in counted)
        refused = sum(row["refused"] for row in counted)
        with open(ready["refresh_token_file"]) as f:
            digest = hashlib.sha256(f.read().strip().encode()).hexdigest()
        grants = control(ready, "grants")["grants"]
    finally:
        for p in probes:
            p.stdin.close()
            p.wait(10)
        tenant.stdin.close()
        tenant.wait(10)
        subprocess.call(["rm", "-rf", home])
    checks = [
        ("every renewal of %d processes in %d rounds came through" % (PROCESSES, ROUNDS), not failures),
        ("one refresh per process and round (%d of %d)" % (refreshes, PROCESSES * ROUNDS),
         refreshes == PROCESSES * ROUNDS),
        ("no refresh token was used twice, none refused (%d)" % refused, refused == 0),
        ("the sign-in was not revoked", grants and not grants[0]["revoked"]),
        ("the stored refresh token is the one that the service considers valid",
         any(g["currentSha256"] == digest for g in grants)),
    ]
    print("1..%d" % len(checks))
    for i, (name, good) in enumerate(checks, 1):
        print("%sok %d - %s" % ("" if good else "not ", i, name))
    for line in failures[:5]:
        print("# " + line)
    print("# %.1f s" % took)
    return 0 if all(good for _, good in checks) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Many server processes share one rotating refresh token, and some are killed.

The practice tenant rotates the refresh token at every use and revokes the whole sign-in when an
old one is used again.  In each round all processes renew their access token at once: the tenant
must see one refresh per process and round, and no reuse; the token in the store must be the one
that it considers valid.

Where processes are killed (SIGKILL, at any moment), an answer can get lost: the service has
rotated, and nobody knows the new token.  No program can help that, so the tenant does what Entra
does and lets the old token live until a later one is used ("rotation": "used").  Then no sign-in
may be lost, no token may be used after a later one, and at most one refresh per killed process
may be in vain.

B is the build directory.  ROUNDS and PROCESSES make it longer (make torture: 1,000 rounds of 16
with each store), STORE names the only store to try.
"""
import json
import os
import random
import select
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import desktop  # noqa: E402

B = os.environ.get("B", "build")
ROUNDS = int(os.environ.get("ROUNDS", "0"))
PROCESSES = int(os.environ.get("PROCESSES", "16"))
STORE = os.environ.get("STORE")
SEED = os.environ.get("SEED", str(time.time()))
PATIENCE = 60
# Store, the tenant's rotation, whether processes are killed, rounds and processes of make check.
SCENES = (("refresh_token_file", "reuse", False, 6, 16), ("file", "used", True, 8, 8),
          ("keyring", "reuse", False, 2, 6), ("keyring", "used", True, 5, 6),
          ("session", "used", True, 5, 6))

count = failed = 0


def check(what, good, detail=""):
    global count, failed
    count += 1
    failed += not good
    print("%sok %d - %s" % ("" if good else "not ", count, what))
    for line in str(detail).splitlines()[:5] if not good else []:
        print("# " + line)
    sys.stdout.flush()


def skip(what, why):
    global count
    count += 1
    print("ok %d - %s # SKIP %s" % (count, what, why))


class Tenant:
    def __init__(self, home):
        self.process = subprocess.Popen(
            [B + "/flowlatch-tenant", "--dir", home + "/tenant", "--with-parent"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ready = json.loads(self.process.stdout.readline())
        with open(self.ready["control_file"]) as f:
            self.token = f.read().strip()
        self.context = ssl.create_default_context(cafile=self.ready["ca_file"])

    def control(self, verb, body=None):
        """One call of the tenant's control plane: POST with a body, else GET."""
        request = urllib.request.Request(
            "%s/__practice/%s" % (self.ready["origin"], verb),
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", "X-Practice-Token": self.token})
        with urllib.request.urlopen(request, context=self.context, timeout=20) as answer:
            return json.loads(answer.read() or b"null")

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)


class Fleet:
    """Processes that renew when they are told to."""

    def __init__(self, program, config, env, size):
        self.program, self.config, self.env = program, config, env
        self.size = size
        self.ok = self.kills = 0
        self.failures = []
        self.probes = []
        self.fill()
        self.took = 0.2

    def fill(self):
        while len(self.probes) < self.size:
            self.probes.append(subprocess.Popen(
                [self.program, self.config, "torture"], env=self.env, stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE))

    def round(self, kill):
        waiting = {p.stdout: p for p in self.probes}
        victim = random.choice(self.probes) if kill else None
        started = time.monotonic()
        kill_at = started + random.uniform(0, self.took * 1.1)
        for p in self.probes:
            p.stdin.write(b"\n")
            p.stdin.flush()
        while waiting and time.monotonic() < started + PATIENCE:
            left = max(0, kill_at - time.monotonic()) if victim else PATIENCE
            if victim and not left:
                victim.send_signal(signal.SIGKILL)
                waiting.pop(victim.stdout, None)
                self.end(victim)
                self.kills += 1
                victim = None
                continue
            for out in select.select(list(waiting), [], [], left)[0]:
                p = waiting.pop(out)
                line = out.readline().decode().strip()
                if line.startswith("ok "):
                    self.ok += 1
                else:
                    self.failures.append("%s %s" % (line, p.stderr.read1(300).decode()))
        self.took = 0.7 * self.took + 0.3 * (time.monotonic() - started)
        if waiting:
            self.failures.append("%d processes did not answer" % len(waiting))
        # A quick round is over before its kill.
        if victim:
            victim.kill()
            self.end(victim)
            self.kills += 1
        self.fill()

    def end(self, p):
        self.probes.remove(p)
        p.wait(PATIENCE)
        for stream in (p.stdin, p.stdout, p.stderr):
            stream.close()

    def stop(self):
        for p in self.probes:
            p.stdin.close()
        for p in list(self.probes):
            p.wait(PATIENCE)


def write_profile(home, ready):
    path = os.path.join(home, "flowlatch.conf")
    keys = ("client_id", "ca_file", "login_url", "flow_url", "powerapps_url", "bap_url",
            "powerplatform_url", "environment_url", "dataverse_url")
    with open(path, "w") as f:
        f.write("state_dir = %s/state\n\n[profile torture]\ncloud = custom\n" % home)
        f.write("".join("%s = %s\n" % (key, ready[key]) for key in keys))
        f.write("content_hosts = %s\n" % ready["content_host"])
    os.chmod(path, 0o600)
    return path


def play(scene, tenant, home, desk):
    store, rotation, kill, rounds, processes = scene
    if ROUNDS:
        rounds, processes = ROUNDS if kill else ROUNDS // 5 + 1, PROCESSES
    name = "%s, %s%s: " % (store, rotation, ", killed" if kill else "")
    if store == "keyring" and not desk:
        skip(name + "rounds", "no " + " and no ".join(desktop.MISSING))
        return
    place = os.path.join(home, "%s-%s" % (store, rotation))
    os.mkdir(place)
    config = write_profile(place, tenant.ready)
    env = {"PATH": os.environ["PATH"], "HOME": place}
    env.update({k: v for k, v in os.environ.items() if k in ("ASAN_OPTIONS", "UBSAN_OPTIONS")})
    env.update(desk.variables() if desk and store == "keyring" else {})
    tenant.control("reset", {})
    tenant.control("set", {"rotation": rotation, "deviceIntervalSeconds": 1, "devicePolls": 0})
    login = subprocess.run([B + "/flowlatch", "login", "--config", config, "--profile", "torture",
                            "--store", store], env=env, capture_output=True, text=True,
                           timeout=PATIENCE, check=False)
    if login.returncode and store == "session" and "--store file" in login.stderr:
        skip(name + "rounds", "no kernel keyring here")
        return
    check(name + "signed in", login.returncode == 0, login.stderr)
    if login.returncode:
        return
    tenant.control("stats/reset", {})
    started = time.monotonic()
    fleet = Fleet(os.path.join(home, "bin", "refresh_probe"), config, env, processes)
    for _ in range(rounds):
        fleet.round(kill)
        if fleet.failures:
            break
    # The last word is a living process's.
    if kill and not fleet.failures:
        fleet.round(False)
    fleet.stop()
    rows = [r for r in tenant.control("stats")["grants"] if r["grant"] == "refresh_token"]
    refreshes, refused = sum(r["count"] for r in rows), sum(r["refused"] for r in rows)
    digest = subprocess.run([fleet.program, config, "torture", "digest"], env=env,
                            capture_output=True, text=True, timeout=PATIENCE,
                            check=False).stdout.split()
    grants = tenant.control("grants")["grants"]
    check(name + "every renewal of %d processes in %d rounds came through" % (processes, rounds),
          not fleet.failures, "\n".join(fleet.failures))
    check(name + "one refresh per process and round (%d of %d, %d killed)"
          % (refreshes, fleet.ok, fleet.kills), fleet.ok <= refreshes <= fleet.ok + fleet.kills)
    check(name + "no refresh token was used too late, none refused (%d)" % refused, refused == 0)
    check(name + "the sign-in was not revoked", grants and not any(g["revoked"] for g in grants))
    check(name + "the stored refresh token is the one that the service considers valid",
          digest and any(g["currentSha256"] == digest[-1] for g in grants), digest)
    subprocess.run([B + "/flowlatch", "logout", "--config", config, "--profile", "torture"],
                   env=env, capture_output=True, timeout=PATIENCE, check=False)
    print("# %.1f s" % (time.monotonic() - started))


def main():
    random.seed(SEED)
    print("# SEED=%s" % SEED)
    home = tempfile.mkdtemp(prefix="flowlatch-refresh-")
    # The helper is looked for beside the program.
    os.mkdir(home + "/bin")
    for program in ("tests/torture/refresh_probe", "flowlatch-keyring"):
        shutil.copy(os.path.join(B, program), home + "/bin")
    desk = None
    tenant = Tenant(home)
    try:
        if not desktop.MISSING:
            desk = desktop.Desktop()
            desk.start_keyring()
        for scene in SCENES:
            if STORE in (None, scene[0]):
                play(scene, tenant, home, desk)
    finally:
        tenant.stop()
        if desk:
            desk.stop()
        shutil.rmtree(home, ignore_errors=True)
    print("1..%d" % count)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The servers of fanout.sh, and its ratios."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../wire"))
import servers  # noqa: E402

B = os.environ.get("B", "build")
ROUNDS = os.environ.get("ROUNDS", "20")
READS = os.environ.get("READS", "100")
ROUND_TRIP_MS, SERVICE_MS = 80, 150


def front(where, backend, protocols, behind="h2"):
    """nghttpx before the service, which speaks `behind`; its port and process."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        ["nghttpx", "--conf=/dev/null", "--no-ocsp", "--errorlog-file=/dev/null", "--workers=1",
         f"--frontend=127.0.0.1,{port}", f"--backend=127.0.0.1,{backend};;proto={behind}",
         f"--npn-list={protocols}", os.path.join(where, "good.key"),
         os.path.join(where, "good.pem")],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    return port, process


def measure(where, protocols, reads, rounds):
    service = servers.Http2(where, ms=SERVICE_MS, plain=True)
    port, process = front(where, service.port, protocols)
    line = servers.Forwarder(port, ms=ROUND_TRIP_MS / 2)
    try:
        done = subprocess.run(
            [os.path.join(B, "tests/bench/fanout"), os.path.join(where, "ca.pem"),
             f"https://localhost:{line.port}/", reads, rounds],
            stdout=subprocess.PIPE, text=True, check=False)
    finally:
        process.terminate()
        process.wait()
    r = json.loads(done.stdout)
    r["at_once"] = line.connections.most
    return r


def show(name, r):
    one = r["one_ms"]
    print(f"fan-out of {READS} reads, {name}: {r['median_ms'] / one:.2f} reads "
          f"(first {r['first_ms'] / one:.2f}, p99 {r['p99_ms'] / one:.2f}, most when warm "
          f"{r['warm_most_ms'] / one:.2f}, most in the {r['cold']} rounds that opened a connection "
          f"{r['most_ms'] / one:.2f}); one read {one} ms, at most {r['at_once']} connections, "
          f"{r['rounds']} rounds, {r['failures']} failures, {r['hangs']} hangs, "
          f"{r['requests']} requests", flush=True)


def main():
    if not shutil.which("nghttpx"):
        print("fan-out: skipped, nghttpx is not installed (Debian: nghttp2-proxy)")
        return 0
    where = servers.certificates(tempfile.mkdtemp(prefix="flowlatch-fanout-"))
    try:
        h2 = measure(where, "h2", READS, ROUNDS)
        show("HTTP/2", h2)
        show("HTTP/1.1", measure(where, "http/1.1", READS, "3"))
    finally:
        shutil.rmtree(where, ignore_errors=True)
    return 1 if h2["failures"] or h2["hangs"] else 0


if __name__ == "__main__":
    sys.exit(main())

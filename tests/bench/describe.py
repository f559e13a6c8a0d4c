#!/usr/bin/env python3
"""A repeated describe_live_connector from the cache, in units of parsing the connector's definition.

Starts `flowlatch serve --practice`, asks once for an operation of the connector whose definition
has 600 kB, then ROUNDS (200) times again, over stdin and stdout, and divides the CPU time that the server took
for one by that of cJSON's plain parse of the same definition (what a server would do that keeps it
as text).
Exit status 1 when a repeat costs as much as the parse, or reaches the service.
"""
import glob
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

B = os.environ.get("B", "build")
ROUNDS = int(os.environ.get("ROUNDS", "200"))
CONNECTOR = "shared_fabrikamerp-7c2d90"


class Server:
    def __init__(self, home):
        env = {"HOME": home, "XDG_RUNTIME_DIR": home + "/run", "PATH": os.environ["PATH"]}
        os.mkdir(home + "/run", 0o700)
        self.p = subprocess.Popen([B + "/flowlatch", "serve", "--practice"], env=env, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.id = 0
        self.ask("initialize", {"protocolVersion": "2025-11-25", "capabilities": {},
                                "clientInfo": {"name": "bench", "version": "1"}})

    def cpu(self):
        """Microseconds of CPU time so far."""
        with open("/proc/%d/schedstat" % self.p.pid) as f:
            return int(f.read().split()[0]) / 1e3

    def ask(self, method, params):
        self.id += 1
        self.p.stdin.write(json.dumps({"jsonrpc": "2.0", "id": self.id, "method": method,
                                       "params": params}) + "\n")
        self.p.stdin.flush()
        while True:
            line = self.p.stdout.readline()
            if not line:
                sys.exit("the server has ended")
            answer = json.loads(line)
            if answer.get("id") == self.id:
                return answer["result"]

    def call(self, tool, **arguments):
        result = self.ask("tools/call", {"name": tool, "arguments": arguments})
        if result.get("isError"):
            sys.exit(result["content"][0]["text"])
        return json.loads(result["content"][0]["text"])


def definition(home):
    """The largest file of the cache, without its first line."""
    files = [f for f in glob.glob(home + "/run/**/cache/*", recursive=True)]
    with open(max(files, key=os.path.getsize), "rb") as f:
        f.readline()
        return f.read()


with tempfile.TemporaryDirectory() as tmp:
    server = Server(tmp)
    env = server.call("list_live_environments", search="Operations")[0]["id"]
    rows = server.call("describe_live_connector", environmentName=env, connectorName=CONNECTOR,
                       top=1)["operations"]
    asked = {"environmentName": env, "connectorName": CONNECTOR,
             "operationId": rows[0]["operationId"]}
    start = time.perf_counter()
    first = server.call("describe_live_connector", **asked)
    cold = time.perf_counter() - start
    times, used = [], server.cpu()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        again = server.call("describe_live_connector", **asked)
        times.append(time.perf_counter() - start)
        if again != first:
            sys.exit("a repeat gave another answer")
    used = (server.cpu() - used) / ROUNDS
    path = tmp + "/definition.json"
    with open(path, "wb") as f:
        f.write(definition(tmp))
    size, parse = subprocess.check_output([B + "/tests/bench/describe", path, "50"],
                                          text=True).split()
    server.p.stdin.close()
    server.p.wait(10)

ratio = used / float(parse)
good = ratio < 1 and int(size) > 500000
print("describe_live_connector of a connector of %s bytes: first %.1f ms, repeat %.1f ms from request "
      "to answer; %.2f ms of CPU, %.2f times cJSON's parse of the definition (%.2f ms): %s" % (
          size, cold * 1e3, statistics.median(times) * 1e3, used / 1e3, ratio, float(parse) / 1e3,
          "met" if good else "MISSED"))
sys.exit(not good)

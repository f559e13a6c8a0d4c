"""hosting.py - profiles without a store of their own, and a server as an SDK starts it."""
import json
import os
import subprocess
import threading
import time

from cli import B, PROGRAM, run
from signing import Signing

PATIENCE = 60
# A sanitizer is slow; a hang is still found.
SLOW = bool(os.environ.get("ASAN_OPTIONS") or "san" in B)
SECOND = 5 if SLOW else 1
s = Signing()
HOME = s.home
conf = HOME.conf(s.profile("t", store=None, refresh_token_file=None) +
                 s.profile("u", store=None, refresh_token_file=None))
STATE = os.path.join(HOME.path, ".local", "state", "flowlatch", "profiles", "t")


def restore():
    HOME.conf(s.profile("t", store=None, refresh_token_file=None) +
              s.profile("u", store=None, refresh_token_file=None))


def login(*args, env=None, name="t"):
    return run("login", "--quick", "--profile", name, *args, home=HOME, env=env)


def call(env=None, name="t"):
    return run("call", "list_live_environments", "--profile", name, "--json", home=HOME, env=env)


class Server:
    """flowlatch serve, as an SDK starts it."""

    def __init__(self, env, name="t", wrap=()):
        self.p = subprocess.Popen([*wrap, PROGRAM, "serve", "--profile", name], env=env,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.id = 0
        self.lines = []
        self.err = []
        self.reader = threading.Thread(target=lambda: self.err.extend(self.p.stderr))
        self.reader.start()
        self.request("initialize", {"protocolVersion": "2025-06-18", "capabilities": {},
                                    "clientInfo": {"name": "sdk", "version": "1"}})
        self.send({"method": "notifications/initialized"})

    def send(self, message):
        self.p.stdin.write(json.dumps(dict(message, jsonrpc="2.0")) + "\n")
        self.p.stdin.flush()

    def request(self, method, params):
        self.id += 1
        self.send({"id": self.id, "method": method, "params": params})
        while True:
            line = self.p.stdout.readline()
            self.lines.append(line)
            message = json.loads(line)
            if message.get("id") == self.id:
                return message

    def environments(self):
        """(list or error object, seconds)."""
        started = time.monotonic()
        result = self.request("tools/call", {"name": "list_live_environments", "arguments": {}})
        text = json.loads(result["result"]["content"][0]["text"])
        return text.get("error", text) if isinstance(text, dict) else text, time.monotonic() - started

    def stop(self):
        self.p.stdin.close()
        self.p.wait(PATIENCE)
        self.reader.join()
        self.p.stdout.close()
        self.p.stderr.close()


def names(found):
    """The tenant of a list of environments, out of its default environment."""
    return [e["id"][8:] for e in found if e["id"].startswith("Default-")]

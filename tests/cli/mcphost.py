"""mcphost.py - an MCP client with a practice tenant of its own, that answers what it is asked.

Speaks the current revision (2026-07-28): a question ends the call, and the call is repeated with
the answer.
"""
import json
import os
import queue
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "tenant"))
from cli import PATIENCE, PROGRAM, Home  # noqa: E402
from practice import Tenant  # noqa: E402

META = "io.modelcontextprotocol/"
MODERN = "2026-07-28"


class Result:
    """Of a call: its document, the second text block, whether it is an error, what was asked."""

    def __init__(self, result, questions):
        self.raw = result
        texts = [c.get("text", "") for c in result.get("content", [])]
        self.doc = json.loads(texts[0]) if texts else {}
        self.note = texts[1] if len(texts) > 1 else ""
        self.error = bool(result.get("isError"))
        self.code = self.doc["error"]["code"] if self.error else None
        self.questions = questions

    def __str__(self):
        return json.dumps(self.raw, indent=1)[:4000] + "\n" + "\n".join(self.questions)


class Desk:
    """A home directory and a practice tenant: what outlives a server."""

    def __init__(self, *options, conf=""):
        self.tenant = Tenant(*options)
        self.home = Home()
        ready = self.tenant.ready
        keys = {"cloud": "custom", "tenant": ready["tenant"], "client_id": ready["client_id"],
                "store": "refresh_token_file", "refresh_token_file": ready["refresh_token_file"],
                "ca_file": ready["ca_file"], "content_hosts": ready["content_host"]}
        keys.update({k: v for k, v in ready.items() if k.endswith("_url")})
        self.home.conf("[profile default]\n" + "".join("%s = %s\n" % kv for kv in keys.items()) +
                       conf)

    def state(self, *parts):
        return os.path.join(self.home.path, ".local/state/flowlatch/profiles/default", *parts)


class Agent:
    """`flowlatch serve`, and what is said with it."""

    def __init__(self, desk, *options, wrap=(), env=None):
        self.desk, self.number = desk, 0
        self.lines, self.out, self.err = queue.Queue(), b"", b""
        self.process = subprocess.Popen(
            [*wrap, PROGRAM, "serve", "--toolsets", "all", *options], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=desk.home.env(**(env or {})))
        self.threads = [threading.Thread(target=f, daemon=True)
                        for f in (self._read_out, self._read_err)]
        for t in self.threads:
            t.start()

    def _read_out(self):
        for line in self.process.stdout:
            self.out += line
            self.lines.put(json.loads(line))
        self.lines.put(None)

    def _read_err(self):
        for line in self.process.stderr:
            self.err += line

    def send(self, method, params):
        self.number += 1
        meta = {META + "protocolVersion": MODERN,
                META + "clientCapabilities": {"elicitation": {}},
                META + "clientInfo": {"name": "agent", "version": "1"}}
        line = json.dumps({"jsonrpc": "2.0", "id": self.number, "method": method,
                           "params": dict(params, _meta=meta)})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()
        return self.number

    def answer(self, number):
        """The message that answers a request; None when the server is gone."""
        while True:
            try:
                message = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise RuntimeError("no answer to %d; stderr: %s" % (number, self.err.decode()))
            if message is None or message.get("id") == number:
                return message

    def call(self, tool, arguments, decide="approve_once", name=None):
        """Calls a tool, answering questions with `decide` (None: leaves them unanswered) and the
        typed `name`; None when the server went away."""
        params = {"name": tool, "arguments": arguments}
        questions = []
        while True:
            try:
                message = self.answer(self.send("tools/call", params))
            except BrokenPipeError:
                return None
            if message is None:
                return None
            result = message.get("result")
            if result is None:
                raise RuntimeError(json.dumps(message))
            if result.get("resultType") != "input_required":
                return Result(result, questions)
            asked = {k: v["params"] for k, v in result["inputRequests"].items()}
            questions += [q["message"] for q in asked.values()]
            if decide is None:
                return Result({}, questions)
            params = dict(params, inputResponses={
                k: self._say(q, decide, name) for k, q in asked.items()})
            if "requestState" in result:
                params["requestState"] = result["requestState"]

    def cancel_during(self, tool, arguments, when):
        """Agrees, and cancels as soon as `when()` is true; nothing is waited for."""
        params = {"name": tool, "arguments": arguments}
        result = self.answer(self.send("tools/call", params))["result"]
        params["inputResponses"] = {k: self._say(v["params"], "approve_once", None)
                                    for k, v in result["inputRequests"].items()}
        params["requestState"] = result["requestState"]
        number = self.send("tools/call", params)
        while not when():
            time.sleep(0.01)
        line = json.dumps({"jsonrpc": "2.0", "method": "notifications/cancelled",
                           "params": {"requestId": number}})
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    @staticmethod
    def _say(question, decide, name):
        if decide == "decline":
            return {"action": "decline"}
        content = {"decision": decide}
        if "name" in question["requestedSchema"]["properties"]:
            content["name"] = name or ""
        return {"action": "accept", "content": content}

    def kill(self):
        """SIGKILL, as a host that has had enough does."""
        self.process.kill()
        self.process.wait()
        for t in self.threads:
            t.join()

    def close(self):
        """Ends it as a host does; its exit code."""
        self.process.stdin.close()
        code = self.process.wait(PATIENCE)
        for t in self.threads:
            t.join()
        return code

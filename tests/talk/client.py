"""client.py - the client's side of a conversation: what was sent, what must come back.

Keeps account of every request, so that each line of the server can be held against the rules
(rules.py), and judges answers by what a conversation expects of them.
"""
import json
import os
import re
import time

import pattern
import rules
from server import Failure, Home

META = rules.META
PATIENCE = float(os.environ.get("TALK_PATIENCE", "60"))


class Asked:
    """A request that was sent."""

    def __init__(self, era, method, params, token):
        self.era, self.method, self.params, self.token = era, method, params, token
        self.cancelled = self.progress = None
        self.open = 1  # answers that are to come; more when the id was used twice

    @property
    def answered(self):
        return self.open == 0


class Client:
    """One server at a time, in whatever era; `running()` gives its Server."""

    def __init__(self):
        self.home = Home()
        self.server = self.script = None
        self.era, self.caps, self.vars = "modern", {}, {}
        self.last_id = self.question = self.result = self.state = None
        self.begin("serve", [])

    def begin(self, program, args):
        """Forgets what the server before was asked."""
        self.started, self.deaf = (program, args), False
        self.asked, self.unread, self.unsent, self.number = {}, [], b"", 0

    # ---- sending ----

    def meta(self, token):
        meta = {}
        if self.era == "modern":
            meta = {META + "protocolVersion": rules.MODERN, META + "clientCapabilities": self.caps,
                    META + "clientInfo": {"name": "talk", "version": "1"}}
        if token is not None:
            meta["progressToken"] = token
        return meta

    def write(self, data):
        """Sends bytes, and takes note of the complete lines in them."""
        *lines, self.unsent = (self.unsent + data).split(b"\n")
        self.remember_lines(lines)
        if self.script:
            self.script.write(data)
        else:
            self.running().send(data)

    def send_json(self, message):
        self.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")

    def remember_lines(self, lines):
        for line in lines:
            try:
                self.remember(json.loads(line))
            except (ValueError, RecursionError):
                pass

    def remember(self, message):
        """Notes what was sent, so that answers can be checked."""
        for one in message if isinstance(message, list) else [message]:
            if not isinstance(one, dict) or "result" in one or "error" in one:
                continue
            params = one.get("params") if isinstance(one.get("params"), dict) else {}
            meta = params.get("_meta") if isinstance(params.get("_meta"), dict) else {}
            method = one.get("method")
            if method == "notifications/cancelled":
                self.cancelled(params.get("requestId"))
            if "id" not in one or not isinstance(one["id"], (str, int)):
                continue
            modern = any(k.startswith(META) for k in meta) or method in (
                "server/discover", "subscriptions/listen")
            key = json.dumps(one["id"])
            self.last_id = one["id"]
            if key in self.asked and self.asked[key].open and not self.asked[key].cancelled:
                self.asked[key].open += 1
                continue
            self.asked[key] = Asked("modern" if modern else "legacy", method, params,
                                    meta.get("progressToken"))

    def cancelled(self, id):
        key = json.dumps(id)
        if key in self.asked and not self.asked[key].answered:
            self.asked[key].cancelled = time.monotonic()

    def request(self, method, params, id=None, token=None):
        if id is None:
            self.number += 1
            while str(self.number) in self.asked:
                self.number += 1
            id = self.number
        meta = self.meta(token)
        if meta and "_meta" not in params:
            params = dict(params, _meta=meta)
        message = {"jsonrpc": "2.0", "id": id, "method": method}
        if params:
            message["params"] = params
        self.send_json(message)

    def note(self, method, params):
        message = {"jsonrpc": "2.0", "method": method}
        if params:
            message["params"] = params
        self.send_json(message)

    def hello(self):
        if self.era == "modern":
            self.request("server/discover", {})
            self.expect("result", "*", False)
            return
        self.request("initialize", {"protocolVersion": self.era, "capabilities": self.caps,
                                    "clientInfo": {"name": "talk", "version": "1"}})
        self.expect("result", '{"protocolVersion":"%s"}' % self.era, False)
        self.note("notifications/initialized", {})

    def retry(self, answers):
        before = self.asked[json.dumps(self.state["id"])]
        params = {k: v for k, v in before.params.items() if k not in (
            "_meta", "inputResponses", "requestState")}
        params["inputResponses"] = answers
        if self.state["state"] is not None:
            params["requestState"] = self.state["state"]
        self.request(before.method, params)

    def send(self, rest):
        if rest[:1] in "{[":
            self.write(rest.encode() + b"\n")
            return
        id = token = None
        while True:
            m = re.match(r'(id|progress)=("(?:\\.|[^"\\])*"|\S+) +', rest)
            if not m:
                break
            value = json.loads(m.group(2))
            id, token = (value, token) if m.group(1) == "id" else (id, value)
            rest = rest[m.end():]
        word, _, rest = rest.partition(" ")
        if word == "hello":
            self.hello()
        elif word == "note":
            method, _, rest = rest.partition(" ")
            self.note(method, json.loads(rest or "{}"))
        elif word == "cancel":
            self.note("notifications/cancelled",
                      {"requestId": json.loads(rest) if rest else self.last_id})
        elif word == "answer":
            self.send_json({"jsonrpc": "2.0", "id": self.question, "result": json.loads(rest)})
        elif word == "answer-error":
            self.send_json({"jsonrpc": "2.0", "id": self.question,
                            "error": json.loads(rest or '{"code":-1,"message":"no"}')})
        elif word == "retry":
            self.retry(json.loads(rest or "{}"))
        elif word == "call":
            name, _, rest = rest.partition(" ")
            self.request("tools/call", {"name": name, "arguments": json.loads(rest or "{}")},
                         id, token)
        else:
            self.request(word, json.loads(rest or "{}"), id, token)

    # ---- what comes back ----

    def check(self, line):
        """The message of a line, after everything that must hold for any line."""
        text = line.decode("utf-8")
        rules.check_secrets(text, self.home.secrets())
        message = rules.read_json(text)
        for one in message if isinstance(message, list) else [message]:
            self.check_one(one)
        return message

    def check_one(self, one):
        rules.need(isinstance(one, dict) and one.get("jsonrpc") == "2.0", "not a JSON-RPC message")
        if "method" in one:
            if "id" in one:
                rules.need(self.era != "modern", "a request from the server in the modern era")
                rules.check_shape("legacy", rules.REQUESTS.get(one["method"], ""), one)
            else:
                self.check_note(one)
            return
        rules.need(("result" in one) != ("error" in one), "neither result nor error, or both")
        rules.need(not set(one) - {"jsonrpc", "id", "result", "error"}, "unknown members")
        key = json.dumps(one["id"]) if "id" in one else None
        asked = self.asked.get(key)
        rules.need(key is None or asked, "an answer to %s, which was not asked" % key)
        if "error" in one:
            rules.check_error(asked and asked.era, one["error"])
        else:
            rules.need(asked, "a result without an id")
            # The suite's own names for its fixtures are longer than ours may be.
            rules.check_result(asked.era, asked.method, one["result"],
                               64 if self.started[0] == "fixture" else 40)
        if asked:
            rules.need(asked.open, "a second answer to %s" % key)
            rules.need(not asked.cancelled or time.monotonic() - asked.cancelled < 0.05,
                       "an answer to %s, which was cancelled" % key)
            asked.open -= 1

    def check_note(self, one):
        params = one.get("params", {})
        rules.check_shape(self.era if self.era == "modern" else "legacy",
                          rules.NOTES.get(one["method"], ""), one)
        if one["method"] == "notifications/progress":
            token = params["progressToken"]
            of = [a for a in self.asked.values() if a.token is not None and not a.answered and
                  json.dumps(a.token) == json.dumps(token)]
            rules.need(of, "progress for %r, which no request in flight has" % token)
            rules.need(of[0].progress is None or params["progress"] > of[0].progress,
                       "progress does not increase")
            of[0].progress = params["progress"]

    def pull(self, seconds):
        line = self.running().next_line(seconds)
        if line is None:
            self.running().lines.put(None)
            raise Failure("the server ended its output; stderr: %s" %
                          self.running().stderr.decode("utf-8", "replace")[-800:])
        return self.check(line)

    def messages(self, seconds):
        """Messages in order: those that were passed over, then new ones."""
        for message in list(self.unread):
            yield message
        until = time.monotonic() + seconds
        while True:
            message = self.pull(max(0.01, until - time.monotonic()))
            self.unread.append(message)
            yield message

    def judge(self, kind, rest, message, id):
        """None when the message is what was expected, else why not."""
        caught = {}
        why = self.judge_kind(kind, rest, message, id, caught)
        if why is None:
            self.vars.update({k: v if isinstance(v, str) else json.dumps(v)
                              for k, v in caught.items()})
        return why

    def judge_kind(self, kind, rest, message, id, caught):
        if kind == "raw":
            return pattern.differs(pattern.parse(rest), message, caught)
        if not isinstance(message, dict):
            return "the message is not an object"
        if kind in ("note", "request"):
            method, _, rest = rest.partition(" ")
            if message.get("method") != method or ("id" in message) != (kind == "request"):
                return "it is not the %s %s" % (kind, method)
            why = pattern.differs(pattern.parse(rest or "*"), message.get("params"), caught)
            if why is None and kind == "request":
                self.question = message["id"]
            return why
        if "method" in message or json.dumps(message.get("id")) != json.dumps(id):
            return "it is not the answer to %s" % json.dumps(id)
        if kind == "error":
            code, _, rest = rest.partition(" ")
            if "error" not in message:
                return "it is a result"
            if message["error"]["code"] != int(code):
                return "the code is %d" % message["error"]["code"]
            return pattern.differs(pattern.parse(rest or "*"), message["error"], caught)
        if "result" not in message:
            return "it is an error"
        return self.judge_result(kind, rest, message["result"], id, caught)

    def judge_result(self, kind, rest, result, id, caught):
        if kind == "result":
            self.result = result
            return pattern.differs(pattern.parse(rest or "*"), result, caught)
        if kind == "ask":
            if result.get("resultType") != "input_required":
                return "it is no question"
            self.state = {"id": id, "state": result.get("requestState")}
            return pattern.differs(pattern.parse(rest or "*"), result.get("inputRequests"), caught)
        failed = result.get("isError", False)
        if failed != (kind == "tool-error"):
            return "the tool %s" % ("failed" if failed else "succeeded")
        self.result = result
        if not result["content"] or result["content"][0]["type"] != "text":
            return "there is no text block"
        text = result["content"][0]["text"]
        try:
            document = rules.read_json(text)
        except ValueError:
            document = text
        if kind == "tool-error":
            code, _, rest = rest.partition(" ")
            if document["error"]["code"] != code:
                return "the code is %s" % document["error"]["code"]
        return pattern.differs(pattern.parse(rest or "*"), document, caught)

    def expect(self, kind, rest, anywhere, id=None):
        id = self.last_id if id is None else id
        why, first = "nothing came", None
        try:
            for message in self.messages(PATIENCE):
                why = self.judge(kind, rest, message, id)
                if why is None:
                    self.unread.remove(message)
                    return
                first = first or message
                if not anywhere:
                    break
        except TimeoutError:
            why = "nothing more came in %g s" % PATIENCE if first else "nothing came"
        raise Failure("%s; the message is: %s" % (why, pattern.short(first)))

    def expect_nothing(self, rest):
        try:
            self.unread.append(self.pull(float(rest or 0.3)))
        except TimeoutError:
            pass
        if self.unread:
            raise Failure("there is a message: %s" % pattern.short(self.unread[0]))

    def receive(self, rest, anywhere):
        id = None
        if rest[:1] in "{[=(*":
            self.expect("raw", rest, anywhere)
            return
        m = re.match(r'id=("(?:\\.|[^"\\])*"|\S+) +', rest)
        if m:
            id, rest = json.loads(m.group(1)), rest[m.end():]
        kind, _, rest = rest.partition(" ")
        if kind == "nothing":
            self.expect_nothing(rest)
        elif kind in ("result", "ok", "tool-error", "error", "ask", "note", "request"):
            self.expect(kind, rest, anywhere, id)
        else:
            raise pattern.Wrong("unknown expectation %s" % kind)

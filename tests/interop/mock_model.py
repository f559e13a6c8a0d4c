#!/usr/bin/env python3
"""mock_model.py anthropic|openai TOOL ARGUMENTS LOG [NAMESPACE] - a model on loopback that calls one tool.

Plays the Messages API of Anthropic or the Responses API of OpenAI, as far as Claude Code and Codex
need it: the first turn asks for TOOL with ARGUMENTS (JSON), the turn after its result says "done".
Prints its port; LOG gets one JSON line for each list of tools and each tool result it was sent,
which is exactly what a model would see.

As a module: serve() with a function that chooses the next call from the results so far.
"""
import http.server
import json
import sys


class Model:
    """What is said at each turn.  `choose` gets the texts of all tool results so far, and gives
    (tool, arguments), or None when it is done."""

    def __init__(self, choose, log, namespace=None):
        self.choose, self.path, self.namespace = choose, log, namespace
        self.calls = {}  # number of results -> call: hosts ask again after a break

    def log(self, kind, value):
        with open(self.path, "a") as f:
            f.write(json.dumps({kind: value}) + "\n")

    def next_call(self, results):
        if len(results) not in self.calls:
            self.calls[len(results)] = self.choose(results)
        return self.calls[len(results)]

    def anthropic(self, question, path):
        """(events or a plain answer) for one request."""
        if "count_tokens" in path:
            return {"input_tokens": 10}
        tools = [str(t.get("name")) for t in question.get("tools") or []]
        ours = [t for t in tools if t.startswith("mcp__")]
        self.log("tools", ours)
        results = []
        for message in question.get("messages") or []:
            content = message.get("content")
            for c in content if isinstance(content, list) else []:
                if isinstance(c, dict) and c.get("type") == "tool_result":
                    results.append(c)
        if results:
            self.log("result", [results[-1]])
        call = self.next_call([text_of(r.get("content")) for r in results]) if ours else None
        block = {"type": "tool_use", "id": "toolu_%02d" % (len(results) + 1), "name": call[0],
                 "input": call[1]} if call else {"type": "text", "text": "done"}
        stop = "tool_use" if call else "end_turn"
        message = {"id": "msg_%d" % (len(results) + 1), "type": "message", "role": "assistant",
                   "content": [block], "model": question.get("model", "m"), "stop_reason": stop,
                   "stop_sequence": None, "usage": {"input_tokens": 1, "output_tokens": 1}}
        if not question.get("stream"):
            return message
        empty, delta = ({"input": {}}, {"type": "input_json_delta",
                                        "partial_json": json.dumps(call[1])}) \
            if call else ({"text": ""}, {"type": "text_delta", "text": "done"})
        return [
            ("message_start", {"message": dict(message, content=[], stop_reason=None)}),
            ("content_block_start", {"index": 0, "content_block": dict(block, **empty)}),
            ("content_block_delta", {"index": 0, "delta": delta}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": stop, "stop_sequence": None},
                               "usage": {"output_tokens": 1}}),
            ("message_stop", {}),
        ]

    def openai(self, question, path):
        self.log("tools", [t for t in question.get("tools") or [] if "mcp" in json.dumps(t)])
        results = [i for i in question.get("input") or []
                   if isinstance(i, dict) and i.get("type") == "function_call_output"]
        if results:
            self.log("result", [results[-1]])
        call = self.next_call([text_of(r.get("output")) for r in results])
        n = len(results) + 1
        if call:
            item = {"type": "function_call", "id": "fc%d" % n, "call_id": "c%d" % n,
                    "name": call[0], "arguments": json.dumps(call[1])}
            if self.namespace:
                item["namespace"] = self.namespace
        else:
            item = {"type": "message", "role": "assistant", "id": "m1",
                    "content": [{"type": "output_text", "text": "done"}]}
        usage = {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 1,
                 "output_tokens_details": None, "total_tokens": 2}
        return [
            ("response.created", {"response": {"id": "r%d" % n}}),
            ("response.output_item.done", {"item": item}),
            ("response.completed", {"response": {"id": "r%d" % n, "usage": usage}}),
        ]


def text_of(content):
    """The text of a tool result, however a host wraps it."""
    if isinstance(content, list):
        return "\n".join(c.get("text", "") for c in content if isinstance(c, dict))
    return content if isinstance(content, str) else json.dumps(content)


def serve(api, model):
    """A server on a free port of loopback, not started yet; its server_address says which."""
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):
            pass

        def answer(self, kind, body):
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_HEAD(self):
            self.answer("application/json", b"")

        def do_GET(self):
            self.answer("application/json", b'{"data":[],"models":[]}')

        def do_POST(self):
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                question = json.loads(body)
            except ValueError:
                question = {}
            out = getattr(model, api)(question, self.path)
            if isinstance(out, dict):
                self.answer("application/json", json.dumps(out).encode())
                return
            events = "".join("event: %s\ndata: %s\n\n" % (name, json.dumps(dict(data, type=name)))
                             for name, data in out)
            self.answer("text/event-stream", events.encode())

    return http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def main():
    api, tool, arguments, log = sys.argv[1:5]
    namespace = sys.argv[5] if len(sys.argv) > 5 else None

    def once(results):
        return None if results else (tool, json.loads(arguments))

    server = serve(api, Model(once, log, namespace))
    print(server.server_address[1], flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

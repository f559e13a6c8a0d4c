#!/usr/bin/env python3
"""mock_model.py anthropic|openai TOOL ARGUMENTS LOG [NAMESPACE] - a model on loopback that calls one tool.

Plays the Messages API of Anthropic or the Responses API of OpenAI, as far as Claude Code and Codex
need it: the first turn asks for TOOL with ARGUMENTS (JSON), the turn after its result says "done".
Prints its port; LOG gets one JSON line for each list of tools and each tool result it was sent,
which is exactly what a model would see.
"""
import http.server
import json
import sys

API, TOOL, ARGUMENTS, LOG = sys.argv[1:5]
NAMESPACE = sys.argv[5] if len(sys.argv) > 5 else None


def log(kind, value):
    with open(LOG, "a") as f:
        f.write(json.dumps({kind: value}) + "\n")


def anthropic(question, path):
    """(events or a plain answer) for one request."""
    if "count_tokens" in path:
        return {"input_tokens": 10}
    tools = [t.get("name") for t in question.get("tools") or []]
    log("tools", [t for t in tools if str(t).startswith("mcp__")])
    messages = question.get("messages") or [{}]
    content = messages[-1].get("content")
    results = [c for c in content if isinstance(c, dict) and c.get("type") == "tool_result"] \
        if isinstance(content, list) else []
    if results:
        log("result", results)
    call = TOOL in tools and not results
    block = {"type": "tool_use", "id": "toolu_01", "name": TOOL, "input": json.loads(ARGUMENTS)} \
        if call else {"type": "text", "text": "done"}
    stop = "tool_use" if call else "end_turn"
    message = {"id": "msg_1", "type": "message", "role": "assistant", "content": [block],
               "model": question.get("model", "m"), "stop_reason": stop, "stop_sequence": None,
               "usage": {"input_tokens": 1, "output_tokens": 1}}
    if not question.get("stream"):
        return message
    empty, delta = ({"input": {}}, {"type": "input_json_delta", "partial_json": ARGUMENTS}) \
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


def openai(question, path):
    log("tools", [t for t in question.get("tools") or [] if "mcp" in json.dumps(t)])
    results = [i for i in question.get("input") or []
               if isinstance(i, dict) and i.get("type") == "function_call_output"]
    if results:
        log("result", results)
        item = {"type": "message", "role": "assistant", "id": "m1",
                "content": [{"type": "output_text", "text": "done"}]}
    else:
        item = {"type": "function_call", "id": "fc1", "call_id": "c1", "name": TOOL,
                "arguments": ARGUMENTS}
        if NAMESPACE:
            item["namespace"] = NAMESPACE
    usage = {"input_tokens": 1, "input_tokens_details": None, "output_tokens": 1,
             "output_tokens_details": None, "total_tokens": 2}
    return [
        ("response.created", {"response": {"id": "r1"}}),
        ("response.output_item.done", {"item": item}),
        ("response.completed", {"response": {"id": "r1", "usage": usage}}),
    ]


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
        out = {"anthropic": anthropic, "openai": openai}[API](question, self.path)
        if isinstance(out, dict):
            self.answer("application/json", json.dumps(out).encode())
            return
        events = "".join("event: %s\ndata: %s\n\n" % (name, json.dumps(dict(data, type=name)))
                         for name, data in out)
        self.answer("text/event-stream", events.encode())


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_address[1], flush=True)
server.serve_forever()

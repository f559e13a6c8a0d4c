"""person.py - a host with forms and a person who agrees to everything, for chains of calls."""
import json
import os
import re
import subprocess

from server import BUILD

PROGRAM = os.path.join(BUILD, "flowlatch")
META = "io.modelcontextprotocol/"
SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")


class Failure(Exception):
    pass


class Host:
    """A host with forms; its person agrees to everything, and counts."""

    def __init__(self, home):
        self.p = subprocess.Popen([PROGRAM, "serve", "--config", home.config, "--toolsets", "all"],
                                  env=home.env, cwd=home.dir, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.id = 0
        self.asked = []  # the class of each question

    def request(self, name, arguments, **more):
        self.id += 1
        meta = {META + "protocolVersion": "2026-07-28",
                META + "clientCapabilities": {"elicitation": {}}}
        line = {"jsonrpc": "2.0", "id": self.id, "method": "tools/call",
                "params": dict(name=name, arguments=arguments, _meta=meta, **more)}
        self.p.stdin.write(json.dumps(line).encode() + b"\n")
        self.p.stdin.flush()
        while True:
            answer = json.loads(self.p.stdout.readline())
            if answer.get("id") == self.id:
                return answer

    def result(self, tool, arguments):
        """The result, of an error too; questions are answered with yes."""
        more = {}
        for _ in range(4):
            answer = self.request(tool, arguments, **more)
            if "error" in answer:
                raise Failure("%s: %s" % (tool, answer["error"]))
            result = answer["result"]
            if result.get("resultType") != "input_required":
                return result
            form = result["inputRequests"]["approve"]["params"]
            self.asked.append(form["message"].split(":")[0])
            content = {"decision": "approve_once"}
            if "name" in form["requestedSchema"]["properties"]:
                content["name"] = re.search(r'Target: "([^"]*)"', form["message"]).group(1)
            more = {"requestState": result["requestState"],
                    "inputResponses": {"approve": {"action": "accept", "content": content}}}
        raise Failure("%s asks again and again" % tool)

    def call(self, tool, **arguments):
        """The result's document; questions are answered with yes."""
        result = self.result(tool, arguments)
        text = result["content"][0]["text"]
        if result.get("isError"):
            raise Failure("%s %s: %s" % (tool, arguments, text))
        return json.loads(text)

    def close(self):
        self.p.stdin.close()
        return self.p.wait(30)


def flow(**actions):
    """A definition with a Request trigger."""
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
            "triggers": {"manual": {"type": "Request", "kind": "Http",
                                    "inputs": {"schema": {"type": "object"}}}},
            "actions": actions}


def compose(value, **more):
    return dict({"type": "Compose", "inputs": value, "runAfter": {}}, **more)


def find(items, **want):
    for item in items:
        if all(item.get(k) == v for k, v in want.items()):
            return item
    raise Failure("nothing with %s in %s" % (want, items))

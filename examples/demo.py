#!/usr/bin/env python3
"""demo.py [FLOWLATCH] - a short conversation with a practice tenant (make demo).

An agent's host would start `flowlatch serve` and let a model choose the tools.  Here the choices
are written down, so that anybody can follow them; everything else is real: the protocol on
standard input and output, the sign-in, HTTPS, the failed run and its diagnosis.
"""
import json
import os
import subprocess
import sys
import textwrap

PROGRAM = sys.argv[1] if len(sys.argv) > 1 else "flowlatch"
COLOR = sys.stdout.isatty() and not os.environ.get("NO_COLOR")


class Server:
    """MCP on the pipes of a child."""

    def __init__(self):
        self.child = subprocess.Popen([PROGRAM, "serve", "--practice"], stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, text=True, encoding="utf-8")
        self.number = 0
        self.request("initialize", protocolVersion="2025-11-25", capabilities={},
                     clientInfo={"name": "demo", "version": "1"})
        self.send(method="notifications/initialized")

    def send(self, **message):
        self.child.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        self.child.stdin.flush()

    def request(self, method, **params):
        self.number += 1
        self.send(id=self.number, method=method, params=params)
        for line in self.child.stdout:
            answer = json.loads(line)
            if answer.get("id") == self.number:
                return answer["result"]
        sys.exit("the server has gone")

    def call(self, tool, **arguments):
        result = self.request("tools/call", name=tool, arguments=arguments)
        text = result["content"][0]["text"]
        if result.get("isError"):
            sys.exit(f"{tool}: {text}")
        return json.loads(text)

    def end(self):
        self.child.stdin.close()
        self.child.wait(timeout=10)


def say(who, text):
    """One line of the conversation, wrapped below the name of who says it."""
    name = f"{who:<7}"
    first, *rest = textwrap.wrap(text, 78, initial_indent=" " * 7, subsequent_indent=" " * 7,
                                 break_long_words=False, break_on_hyphens=False) or [""]
    print((f"\033[1m{name}\033[0m" if COLOR and who else name) + first[7:])
    for line in rest:
        print(line)


def short(value, most=150):
    """A value on one line; what is cut is marked."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= most else text[:most] + " ..."


def main():
    print("A conversation with a practice tenant. No account is needed, nothing leaves this "
          "machine.\n")
    say("You", "The nightly copy of orders did not arrive. Why?")
    print()
    server = Server()

    environments = server.call("list_live_environments")
    say("Agent", "list_live_environments")
    say("", f"{len(environments)}: " + ", ".join(e["displayName"] for e in environments))

    for environment in environments:
        flows = server.call("list_live_flows", environmentName=environment["id"],
                            search="nightly copy")["flows"]
        if flows:
            break
    else:
        sys.exit("no flow of that name")
    flow = flows[0]
    say("Agent", f'list_live_flows search="nightly copy", in {environment["displayName"]}')
    say("", f'"{flow["displayName"]}", {flow["state"]}')

    where = {"environmentName": environment["id"], "flowName": flow["id"]}
    runs = server.call("get_live_flow_runs", **where, top=30)
    failed = [r for r in runs if r["status"] == "Failed"]
    say("Agent", "get_live_flow_runs top=30")
    say("", f'{len(failed)} of {len(runs)} failed, the last one at {failed[0]["startTime"][:16]}')

    where["runName"] = failed[0]["name"]
    found = server.call("diagnose_live_flow_run", **where)
    action = found["action"]
    say("Agent", "diagnose_live_flow_run")
    say("", " > ".join(action.get("in", []) + [action["name"]]) + f': {found["cause"]}')
    groups = found.get("iterations", {}).get("groups", [])
    for group in groups:
        say("", f'{group["count"]} times, items ' + short(group.get("items", [])))
    server.end()

    print()
    error = found.get("error", {})
    status = error.get("statusCode")
    said = " The other side said" + (f", with status {status}" if status else "")
    say("Agent", found["summary"] + said + f': "{error.get("message")}" {found.get("advice", "")}')


main()

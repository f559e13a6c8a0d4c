#!/usr/bin/env python3
"""test_replay.py - every tool against recorded answers of the service, through cloud = custom.

What is expected is computed here from the recordings, not taken from the program.
Prints TAP.  B names the build directory.
"""

import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from replay import ONES, Replay  # noqa: E402

PROGRAM = os.path.abspath(os.path.join(os.environ.get("B", "build"), "flowlatch"))
DEFAULT = "Default-d87a7535-dd31-4437-bfe1-95340acd55c5"
RUN = "08584173836133456324137110841CU04"
RUNS_FLOW = "f2eb8b37-f624-4b22-9954-b5d0cbb28f8a"
DENIED = "00000000-0000-0000-0000-00000000dead"
FOREIGN = "0f64d9dd-01bb-4c1b-95b3-cb4a1a08ac88"
ABSENT = "396d5ec9-ae2d-4a84-967d-cd7f56cd8f30"


class Tests:
    def __init__(self):
        self.count = self.failed = 0

    def check(self, good, name, details=""):
        self.count += 1
        self.failed += not good
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, name))
        if not good:
            print("\n".join("# " + line for line in str(details).splitlines()))

    def same(self, have, want, name):
        self.check(have == want, name, "have %s\nwant %s" % (json.dumps(have), json.dumps(want)))


class Client:
    def __init__(self, folder, replay):
        self.home = folder
        conf = os.path.join(folder, "flowlatch.conf")
        token = os.path.join(folder, "refresh_token")
        with open(os.open(token, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as f:
            f.write(replay.refresh_token)
        with open(conf, "w", encoding="ascii") as f:
            f.write("""state_dir = %s/state
[profile default]
cloud = custom
tenant = d87a7535-dd31-4437-bfe1-95340acd55c5
client_id = 04b07795-8ddb-461a-bbee-02f9e1bf7b46
store = refresh_token_file
refresh_token_file = %s
ca_file = %s
login_url = %s
flow_url = %s
powerapps_url = %s
bap_url = %s
powerplatform_url = %s
environment_url = %s
dataverse_url = %s
content_hosts = %s
""" % (folder, token, replay.ca_file, replay.origin, replay.origin, replay.origin, replay.origin,
                replay.origin, replay.origin, replay.dataverse.replace("orgmocktenant",
                                                                       "{organization}"),
                replay.content_host))
        self.command = [PROGRAM, "--config", conf]

    def call(self, tool, **arguments):
        """The result document, or {"error": ...}; anything else is a failure of the program."""
        done = subprocess.run(
            self.command + ["call", tool, "--json", "--args", json.dumps(arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": self.home})
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {"programFailed": done.returncode, "stdout": done.stdout.decode("utf-8", "replace"),
                    "stderr": done.stderr.decode("utf-8", "replace")}


# ---- what is expected, from the recordings ----

def get(v, path, otherwise=None):
    for key in path.split("/"):
        v = v.get(key) if isinstance(v, dict) else v[int(key)] if v and key.isdigit() else None
        if v is None:
            return otherwise
    return v


def part_of(have, want):
    """Every wanted member is there; further ones are additions."""
    if isinstance(want, dict) and isinstance(have, dict):
        return all(k in have and part_of(have[k], v) for k, v in want.items())
    if isinstance(want, list) and isinstance(have, list):
        return len(have) == len(want) and all(part_of(h, w) for h, w in zip(have, want))
    return have == want


def environment(item):
    return {"id": item["name"], "displayName": get(item, "properties/displayName"),
            "sku": get(item, "properties/environmentSku"), "location": item.get("location"),
            "state": get(item, "properties/provisioningState"),
            "isDefault": get(item, "properties/isDefault", False),
            "isAdmin": None, "isMember": None,
            "createdTime": get(item, "properties/createdTime")}


def flow(item):
    owner = get(item, "properties/creator", {})
    return {"id": item["name"], "displayName": get(item, "properties/displayName"),
            "state": get(item, "properties/state"),
            "triggerType": get(item, "properties/definitionSummary/triggers/0/type"),
            "triggerKind": get(item, "properties/definitionSummary/triggers/0/kind"),
            "createdTime": get(item, "properties/createdTime"),
            "lastModifiedTime": get(item, "properties/lastModifiedTime"),
            "owners": owner.get("objectId"),
            "definitionAvailable": get(item, "properties/definitionSummary") is not None,
            "kind": "cloud", "inSolution": get(item, "properties/workflowEntityId") is not None,
            "isManaged": get(item, "properties/isManaged", False)}


def connection(item):
    statuses = get(item, "properties/statuses")
    return {"id": item["name"], "displayName": get(item, "properties/displayName"),
            "connectorName": get(item, "properties/apiId").rsplit("/", 1)[1],
            "environment": get(item, "properties/environment/name"),
            "createdBy": get(item, "properties/createdBy"), "overallStatus": "Connected",
            "statuses": statuses, "createdTime": get(item, "properties/createdTime"),
            "expirationTime": None}


def run(item):
    return {"name": item["name"], "status": get(item, "properties/status"),
            "startTime": get(item, "properties/startTime"),
            "endTime": get(item, "properties/endTime"),
            "triggerName": get(item, "properties/trigger/name"),
            "error": get(item, "properties/error")}


def execution(item, content, action):
    out = {"actionName": action, "status": get(item, "properties/status"),
           "startTime": get(item, "properties/startTime"),
           "endTime": get(item, "properties/endTime"), "error": get(item, "properties/error"),
           "inputs": content("Inputs") if get(item, "properties/inputsLink") else None,
           "outputs": content("Outputs") if get(item, "properties/outputsLink") else None}
    if get(item, "properties/repetitionIndexes"):
        out["repetitionIndexes"] = get(item, "properties/repetitionIndexes")
    return out


def history(item):
    return {"name": item["name"], "status": get(item, "properties/status"),
            "fired": get(item, "properties/fired"), "runName": get(item, "properties/run/name"),
            "startTime": get(item, "properties/startTime")}


# ---- the tests ----

def lists(t, c, replay, how):
    def matches(have, want, name):
        t.check(part_of(have, want), "%s (%s)" % (name, how),
                "have %s\nwant %s" % (json.dumps(have), json.dumps(want)))

    def content(which):
        return replay.content_answer(which, None)

    def recorded(name):
        return replay.recorded(name)["value"]

    matches(c.call("list_live_environments"),
            [environment(x) for x in recorded("flow-environments-list")], "list_live_environments")
    own, team = recorded("flow-list-personal"), recorded("flow-list-team")
    both = own + [x for x in team if x["name"] not in [y["name"] for y in own]]
    answer = c.call("list_live_flows", environmentName=DEFAULT)
    matches(answer, {"mode": "owner", "flows": [flow(x) for x in both],
                     "totalCount": len(both), "nextLink": None, "error": None}, "list_live_flows")
    for env, name in ((ONES, "flow-admin-v2-list-2026"), (DEFAULT, "flow-admin-v2-list")):
        matches(c.call("list_live_flows", environmentName=env, mode="admin"),
                {"mode": "admin", "flows": [flow(x) for x in recorded(name)]},
                "list_live_flows mode admin, " + name)
    matches(c.call("list_live_connections", environmentName=ONES),
            {"connections": [connection(x) for x in recorded(
                "powerplatform-connectivity-connections-list")], "totalCount": 1, "error": None},
            "list_live_connections")
    matches(c.call("get_live_flow", environmentName=DEFAULT, flowName=RUNS_FLOW),
            replay.recorded("flow-get-minimal"), "get_live_flow")
    for flow_name, name in ((RUNS_FLOW, "runs-list"), (ONES, "runs-list-2026-single")):
        matches(c.call("get_live_flow_runs", environmentName=ONES, flowName=flow_name),
                [run(x) for x in recorded(name)], "get_live_flow_runs, " + name)
    actions = recorded("run-actions-list-2026")
    answer = c.call("get_live_flow_run_error", environmentName=ONES, flowName=ONES, runName=RUN)
    matches(answer,
            {"runName": RUN, "runStatus": get(replay.recorded("run-get-2026"), "properties/status"),
             "failedActions": [
                 {"actionName": x["name"], "status": "Failed", "code": get(x, "properties/code"),
                  "startTime": get(x, "properties/startTime")}
                 for x in actions if get(x, "properties/status") == "Failed"],
             "rootCause": None,
             "allActions": [{"actionName": x["name"], "status": get(x, "properties/status")}
                            for x in actions]}, "get_live_flow_run_error")
    matches(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                   runName=RUN, actionName="Respond"),
            [execution(actions[1], content, "Respond")], "get_live_flow_run_action_outputs")
    matches(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                   runName=RUN),
            [execution(x, content, x["name"]) for x in actions],
            "get_live_flow_run_action_outputs, all actions")
    trigger = {"properties": get(replay.recorded("run-get-2026"), "properties/trigger")}
    matches(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                   runName=RUN, actionName="manual"),
            [execution(trigger, content, "manual")],
            "get_live_flow_run_action_outputs, the trigger") if how != "optional removed" else None
    repetitions = recorded("logic-action-repetitions-list")
    matches(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                   runName=RUN, actionName="testAction"),
            [execution(x, content, "testAction") for x in repetitions],
            "get_live_flow_run_action_outputs, a loop")
    matches(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                   runName=RUN, actionName="testAction", repetition="1"),
            [execution(repetitions[1], content, "testAction")],
            "get_live_flow_run_action_outputs, one repetition")
    matches(c.call("list_live_trigger_histories", environmentName=DEFAULT, flowName=RUNS_FLOW),
            {"triggerName": "manual", "totalCount": 1,
             "histories": [history(x) for x in recorded("logic-trigger-histories-list")]},
            "list_live_trigger_histories")


def once(t, c, replay):
    """What does not depend on pages or on changed answers."""
    def error(answer, code, service, name):
        t.check(get(answer, "error/code") == code and
                get(answer, "error/data/serviceCode") == service, name, json.dumps(answer))

    error(c.call("get_live_flow", environmentName=DEFAULT, flowName=ABSENT), "not_found",
          "FlowNotFound", "a flow that is not there")
    error(c.call("get_live_flow", environmentName=DEFAULT, flowName=FOREIGN), "not_owner",
          "ConnectionAuthorizationFailed", "a flow that is not shared")
    error(c.call("get_live_flow_runs", environmentName=DEFAULT, flowName=FOREIGN), "not_owner",
          "ConnectionAuthorizationFailed", "runs of a flow that is not shared")
    error(c.call("list_live_flows", environmentName=DENIED), "forbidden",
          "EnvironmentAccessDenied", "an environment that is closed")
    error(c.call("get_live_flow_run_error", environmentName=ONES, flowName=ONES, runName="0999"),
          "not_found", "WorkflowRunNotFound", "a run that is not there, unwrapped")
    error(c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                 runName=RUN, actionName="Nothing"), "not_found", "WorkflowRunActionNotFound",
          "an action that is not there, unwrapped")

    answer = c.call("list_live_flows", environmentName="contoso (DEFAULT)")
    t.same(get(answer, "environmentName"), DEFAULT, "an environment by its name")
    answer = c.call("get_live_flow_runs",
                    flowName="https://make.powerautomate.com/environments/%s/flows/%s/details"
                             % (ONES, RUNS_FLOW))
    t.check(isinstance(answer, list) and len(answer) > 1, "a flow by its link", answer)
    answer = c.call("list_live_flows")
    t.same((get(answer, "error/code"), len(get(answer, "error/data/candidates", []))),
           ("environment_needed", 2), "no environment given, and there are two")

    answer = c.call("list_live_flows", environmentName=ONES, kinds=["desktop"])
    t.same([(x["id"][-4:], x["kind"]) for x in answer.get("flows", [])], [("2222", "desktop")],
           "desktop flows from the organisation")
    answer = c.call("get_live_flow_run_action_outputs", environmentName=ONES, flowName=ONES,
                    runName=RUN, actionName="Respond", select=["/outputs/body/actionStatus"])
    t.same(answer[0].get("outputs") if isinstance(answer, list) else answer,
           {"body": {"actionStatus": "Failed"}}, "a selected part of the outputs")
    answer = c.call("list_live_flows", environmentName=DEFAULT, top=1)
    rest, link = [], get(answer, "nextLink")
    first = [x["id"] for x in answer.get("flows", [])]
    while link and len(rest) < 10:
        more = c.call("list_live_flows", environmentName=DEFAULT, top=1, continuationUrl=link)
        rest += [x["id"] for x in more.get("flows", [])]
        link = get(more, "nextLink")
    every = [x["id"] for x in c.call("list_live_flows", environmentName=DEFAULT)["flows"]]
    t.same(first + rest, every, "flows one by one through continuationUrl")
    who = c.call("whoami")
    t.check(who.get("signedIn") is True and who.get("cloud") == "custom", "whoami", who)
    t.same([x["name"] for x in c.call("list_skills")][:2], ["create-flow", "build-flow"],
           "list_skills")
    t.same([x["name"] for x in c.call("tool_search", query="select:whoami")], ["whoami"],
           "tool_search")


def main():
    t = Tests()
    with tempfile.TemporaryDirectory() as folder:
        replay = Replay(folder)
        c = Client(folder, replay)
        for spelling, change, how in (
                (None, None, "as recorded"), ("nextLink", None, "nextLink"),
                ("@odata.nextLink", None, "@odata.nextLink"),
                ("@odata.nextlink", None, "@odata.nextlink"),
                ("nextLink", "add", "unknown added"), (None, "remove", "optional removed")):
            replay.spelling, replay.change = spelling, change
            lists(t, c, replay, how)
        replay.spelling = replay.change = None
        once(t, c, replay)
        replay.close()
        t.same(replay.wrong, [], "every request carried the token of its audience, and no other")
    print("1..%d" % t.count)
    return t.failed > 0


sys.exit(main())

#!/usr/bin/env python3
"""Agent skills written for the hosted Flow Studio MCP work unchanged with the tools of that name.

A table: tool, arguments as a skill gives them (old spellings too), and the fields with the types
that skills take out of the answer.  Each row is played against a practice tenant.  Then the chains
of calls that skills describe are walked by `next` alone.  Prints TAP.

Sources of the rows: SCHEMA, the tool schemas that the hosted server publishes; SKILLS, its
published agent skills and their catalogue of answers; OLDER, skills that are still installed.
"""
import collections
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from person import Failure, Host, compose, find, flow  # noqa: E402
from server import Home  # noqa: E402

SCHEMA, SKILLS, OLDER = "published schema", "published skills", "older published skills"
SHAREPOINT = "shared_sharepointonline"
TEXT = (str, None)
ANY = object()
# `shape`: a type, None, several of them, {member: shape} ("member?" may be missing), [shape] for an
# array that is not empty, Is(value).  `keep` takes out of the document what later rows need.
Row = collections.namedtuple("Row", "source tool arguments shape keep", defaults=(None,))
Is = collections.namedtuple("Is", "value")
Refused = collections.namedtuple("Refused", "code next", defaults=(None,))
Last = collections.namedtuple("Last", "shape")  # the last item of an array


def fits(value, shape, where=""):
    """Raises Failure where a value is not of a shape."""
    def need(fine, what):
        if not fine:
            raise Failure("%s is %s, not %s" % (where or "/", json.dumps(value)[:300], what))

    if shape is ANY:
        return
    if isinstance(shape, Is):
        need(value == shape.value and type(value) is type(shape.value), repr(shape.value))
    elif isinstance(shape, Last):
        need(isinstance(value, list) and value, "an array with items")
        fits(value[-1], shape.shape, where + "/-1")
    elif isinstance(shape, tuple):
        need(any(value is None if s is None else type(value) is s for s in shape), shape)
    elif isinstance(shape, dict):
        need(isinstance(value, dict), "an object")
        for name, inner in shape.items():
            if name.rstrip("?") in value:
                fits(value[name.rstrip("?")], inner, where + "/" + name.rstrip("?"))
            else:
                need(name.endswith("?"), "an object with " + name)
    elif isinstance(shape, list):
        need(isinstance(value, list) and value, "an array with items")
        for i, item in enumerate(value):
            fits(item, shape[0], "%s/%d" % (where, i))
    else:
        need(value is None if shape is None else type(value) is shape, shape)


def can_fail():
    """Each of these is wrong, and found to be."""
    wrong = [({}, {"error": None}), ({"error": {}}, {"error": None}), ({"a": True}, {"a": int}),
             ([], [str]), ({"value": []}, [ANY]), ([1], {"value": ANY}), ([{"a": 1}, {}], [{"a": int}]),
             ({"created": 1}, {"created": Is(True)}), (["x", 1], Last(str)), ("x", TEXT[1:]),
             ({"error": 1}, {"error?": None})]
    for value, shape in wrong:
        try:
            fits(value, shape)
        except Failure:
            continue
        raise Failure("%s fits %s" % (value, shape))


# ---- what skills take out of answers ----

ENVIRONMENT = {"id": str, "displayName": str, "sku": str, "location": str, "state": str,
               "isDefault": bool, "isAdmin": bool, "isMember": bool, "createdTime": str}
CONNECTION = {"id": str, "displayName": str, "connectorName": str, "environment": str,
              "createdBy": dict, "authenticatedUser": ANY, "overallStatus": str,
              "statuses": [{"status": str}], "createdTime": str, "expirationTime": TEXT,
              "connectionParameters": ANY}
TEMPLATES = {"connectionReferenceTemplate": {"connectionName": str, "source": Is("Invoker"),
                                             "id": Is("/providers/Microsoft.PowerApps/apis/" +
                                                      SHAREPOINT)},
             "hostTemplate": Is({"connectionName": SHAREPOINT})}
FLOWS = {"mode": Is("owner"), "flows": [{"id": str, "displayName": str, "state": str,
                                         "triggerType": str, "triggerKind": TEXT,
                                         "createdTime": str, "lastModifiedTime": str,
                                         "owners": str, "definitionAvailable": bool}],
         "totalCount": int, "nextLink": TEXT, "error": None}
FLOW = {"name": str, "properties": {"displayName": str, "state": str,
                                    "definition": {"triggers": dict, "actions": dict},
                                    "connectionReferences": dict}}
TOOLS = [{"name": str, "description": str, "inputSchema": {"type": Is("object")}}]
OPTIONS = {"value": [{"Name": str, "DisplayName": str, "value": str, "displayName": str}]}
INPUTS = {"inputs": [{"name": str, "status": str}]}
SAVED = {"created": Is(False), "flowKey": str, "updated": list, "displayName": str, "state": str,
         "error": None}
RUN = {"name": str, "status": str, "startTime": str, "endTime": TEXT, "triggerName": str,
       "error": (dict, None)}
RUN_ERROR = {"runName": str,
             "failedActions": [{"actionName": str, "status": str, "error?": {"code": str},
                                "code": str, "startTime": str, "endTime": str}],
             "allActions": [{"actionName": str, "status": str}]}
ACTION = {"actionName": str, "status": str, "startTime": str, "endTime": str,
          "error": (dict, None), "inputs?": ANY, "outputs?": ANY,
          "repetitionIndexes?": [{"scopeName": str, "itemIndex": int}]}
STARTED = {"flowKey": str, "triggerName": str, "triggerUrl": TEXT, "requiresAadAuth": bool,
           "authType": str, "responseStatus": int, "httpStatus": int, "responseBody": ANY,
           "triggerKind": TEXT, "invocation": str, "runName?": str}
STATE = {"flowName": str, "environmentName": str, "requestedState": str, "actualState": str}

# Members that skills say, or need, to be in a bundle; others may be in it.
BUNDLES = {
    "create-flow": "list_live_environments list_live_connections describe_live_connector "
                   "get_live_dynamic_options update_live_flow",
    "build-flow": "get_live_flow update_live_flow list_live_connections",
    "debug-flow": "get_live_flow_runs get_live_flow_run_error get_live_flow_run_action_outputs "
                  "get_live_flow",
    "monitor-flow": "set_live_flow_state trigger_live_flow cancel_live_flow_run "
                    "resubmit_live_flow_run",
    "discover": "list_live_environments list_live_flows list_live_connections",
    "governance": "",
}


def bundle(name):
    """tool_search gives the bundle's tools, no more and no less than list_skills says."""
    def keep(k, found):
        names = [t["name"] for t in found]
        if sorted(names) != sorted(k["bundles"][name]):
            raise Failure("%s is %s" % (name, names))
        missing = set(BUNDLES[name].split()) - set(names)
        if missing:
            raise Failure("%s lacks %s" % (name, missing))
        if name == "create-flow" and "get_live_dynamic_properties" in names:
            raise Failure("skills load get_live_dynamic_properties by itself")
    return Row(SKILLS, "tool_search", {"query": "skill:" + name}, TOOLS, keep)


def skills(k, found):
    k["bundles"] = {b["name"]: b["tools"] for b in found}
    if list(k["bundles"]) != list(BUNDLES):
        raise Failure("bundles are %s" % list(k["bundles"]))


def names(*want):
    def keep(_, found):
        if [t["name"] for t in found] != list(want):
            raise Failure("found %s" % [t["name"] for t in found])
    return keep


def has_name(want):
    def keep(_, found):
        find(found, name=want)
    return keep


def environments(k, found):
    k["env"] = find(found, displayName="Fabrikam Operations")["id"]
    k["dev"] = find(found, displayName="Jana Novak's Environment")["id"]


def put(key, *path):
    def keep(k, found):
        for step in path:
            found = found[step]
        k[key] = found
    return keep


def first_failed(k, runs):
    k["run"] = next(r["name"] for r in runs if r["status"] == "Failed")


def root_is_last(k, error):
    k["root"] = error["failedActions"][-1]["actionName"]
    if k["root"] != "Upsert_row" or error["failedActions"][0]["actionName"] != "For_each_customer":
        raise Failure("not outer to inner: %s" % [a["actionName"] for a in error["failedActions"]])


def one(_, found):
    if len(found) != 1:
        raise Failure("%d items" % len(found))


def pinned(k, found):
    if {a["repetitionIndexes"][-1]["itemIndex"] for a in found} != {0}:
        raise Failure("other items: %s" % [a["repetitionIndexes"] for a in found])


def unsigned(k, found):
    k["new run"] = found["runName"]
    if "sig=" in (found["triggerUrl"] or "") and "sig=***" not in found["triggerUrl"]:
        raise Failure("a signed address is shown")


def made(k, found):
    k["made"] = found["created"]
    if found["flowKey"] != "%s.%s" % (k["dev"], k["made"]) or found["flowName"] != k["made"]:
        raise Failure("created is not the flow's id: %s" % found)


def updated(*want):
    def keep(_, found):
        if found["updated"] != list(want):
            raise Failure("updated is %s" % found["updated"])
    return keep


def has_actions(*want):
    def keep(k, found):
        k["definition"] = found["properties"]["definition"]
        k["references"] = found["properties"]["connectionReferences"]
        if sorted(k["definition"]["actions"]) != sorted(want):
            raise Failure("actions are %s" % list(k["definition"]["actions"]))
    return keep


def statuses(**want):
    def keep(_, found):
        for name, status in want.items():
            if find(found["inputs"], name=name)["status"] != status:
                raise Failure("%s is %s" % (name, find(found["inputs"], name=name)))
    return keep


def of(k, **more):
    return dict({"environmentName": k["env"]}, **more)


def in_flow(k, **more):
    return of(k, flowName=k["nightly"], **more)


def own(k, **more):
    return dict({"environmentName": k["dev"]}, **more)


def sharepoint(k, **more):
    return of(k, connectorName=SHAREPOINT, connectionName=k["connection"]["id"], **more)


ROWS = [
    # ---- bundles and search ----
    Row(SKILLS, "list_skills", {}, [{"name": str, "description": str, "tools": [str]}], skills),
    *[bundle(name) for name in BUNDLES],
    Row(SKILLS, "tool_search", {"query": "select:get_live_dynamic_properties"}, TOOLS,
        names("get_live_dynamic_properties")),
    Row(SKILLS, "tool_search", {"query": "select:update_live_flow, resolve_live_parameters"}, TOOLS,
        names("update_live_flow", "resolve_live_parameters")),
    Row(SCHEMA, "tool_search", {"query": "get_live_flow"}, TOOLS, names("get_live_flow")),
    Row(SCHEMA, "tool_search", {"query": "failed run"}, TOOLS, has_name("get_live_flow_run_error")),
    Row(OLDER, "tool_search", {"query": "select:get_live_flow_runs,get_store_flow_errors"}, TOOLS,
        names("get_live_flow_runs")),

    # ---- discovery ----
    Row(SKILLS, "list_live_environments", {}, [ENVIRONMENT], environments),
    Row(SKILLS, "list_live_flows",
        lambda k: of(k, mode="owner", search="Nightly copy", top=20), FLOWS,
        put("nightly", "flows", 0, "id")),
    Row(SKILLS, "list_live_flows", lambda k: of(k), dict(FLOWS, nextLink=None)),
    Row(SCHEMA, "list_live_flows", lambda k: of(k, mode="owner", top=2, timeoutSeconds=25),
        dict(FLOWS, nextLink=str), put("link", "nextLink")),
    Row(SCHEMA, "list_live_flows",
        lambda k: of(k, mode="owner", top=2, continuationUrl=k["link"]), FLOWS),
    Row(SKILLS, "get_live_flow", lambda k: in_flow(k), FLOW),
    Row(SKILLS, "get_live_flow",
        lambda k: of(k, flowName="%s.%s" % (k["env"], k["nightly"])), FLOW),
    Row(SKILLS, "list_live_connections", lambda k: of(k),
        {"connections": [CONNECTION], "totalCount": int, "error": None}),
    Row(SKILLS, "list_live_connections", lambda k: of(k, search=SHAREPOINT, top=1),
        {"connections": [dict(CONNECTION, **TEMPLATES)], "totalCount": int, "error": None},
        put("connection", "connections", 0)),
    Row(SCHEMA, "list_live_connections", lambda k: of(k, search="jana.novak@fabrikam", top=1),
        {"connections": [dict(CONNECTION, connectionReferenceTemplate=dict, hostTemplate=dict)]}),

    # ---- connectors ----
    Row(SKILLS, "describe_live_connector", lambda k: of(k, search="get items", top=5),
        {"operations": [{"connectorName": str, "operationId": str, "summary": str}]}),
    Row(SKILLS, "describe_live_connector", lambda k: of(k, connectorName=SHAREPOINT),
        {"operations": [{"operationId": str, "kind": Is("Action")}]}),
    Row(SCHEMA, "describe_live_connector",
        lambda k: of(k, apiName=SHAREPOINT, type="Trigger", top=3),
        {"operations": [{"operationId": str, "kind": Is("Trigger")}]}),
    Row(SKILLS, "describe_live_connector",
        lambda k: of(k, connectorName="shared_office365", operationId="SendEmailV2"),
        {"operationId": Is("SendEmailV2"), "hint": str, "inputs": [{"name": str, "type": str}],
         "outputs": list, "exampleDefinition": {"type": str, "inputs": {"host": dict}}}),
    Row(SKILLS, "describe_live_connector",
        lambda k: of(k, connectorName=SHAREPOINT, operationId="GetItems"),
        {"dynamicParameters": {"dataset": {"operationId": str, "fallback": ANY,
                                           "nextTool": Is("get_live_dynamic_options")},
                               "table": {"nextTool": Is("get_live_dynamic_options")}}},
        put("lookups", "dynamicParameters")),
    Row(SKILLS, "describe_live_connector",
        lambda k: of(k, connectorName=SHAREPOINT, operationId="PostItem"),
        {"dynamicProperties": {"item": {"nextTool": Is("get_live_dynamic_properties")}}},
        put("fields", "dynamicProperties")),
    Row(SKILLS, "describe_live_connector",
        lambda k: of(k, connectorName="shared_teams", operationId="PostMessageToConversation",
                     variant="flowbot_chat"),
        {"variant": Is("flowbot_chat"), "variants": list, "exampleDefinition": dict}),
    Row(SCHEMA, "describe_live_connector", lambda k: of(k, connectorName=SHAREPOINT, mode="full"),
        {"properties": {"swagger": {"paths": dict}}}),
    Row(SKILLS, "get_live_dynamic_options",
        lambda k: sharepoint(k, operationId="GetItems", parameterName="dataset",
                             dynamicMetadata=k["lookups"]["dataset"]),
        OPTIONS, put("site", "value", 0, "Name")),
    Row(SCHEMA, "get_live_dynamic_options",
        lambda k: of(k, connectorName=SHAREPOINT, connectionName=k["connection"]["id"],
                     parameterName="table", dynamicMetadata=k["lookups"]["table"],
                     parameters={"dataset": k["site"]}), OPTIONS, put("list", "value", 0, "Name")),
    Row(OLDER, "get_live_dynamic_options",
        lambda k: sharepoint(k, operationId="GetTables", parameters={"dataset": k["site"]}),
        OPTIONS),
    Row(SKILLS, "get_live_dynamic_options",
        lambda k: of(k, apiName="shared_office365users", operationId="SearchUserV2",
                     parameters={"searchTerm": "Jana"}), {"value": [{"DisplayName": str}]}),
    Row(SKILLS, "get_live_dynamic_properties",
        lambda k: sharepoint(k, operationId="PostItem", parameterName="item",
                             parameters={"dataset": k["site"], "table": k["list"]},
                             dynamicMetadata=k["fields"]["item"]),
        {"fields": [{"name": str, "type": str}], "raw?": None}),
    Row(SCHEMA, "get_live_dynamic_properties",
        lambda k: sharepoint(k, operationId="PostItem", parameterName="item", location="input",
                             parameters={"dataset": k["site"], "table": k["list"]},
                             dynamicMetadata=k["fields"]["item"], propertyName="Title",
                             includeRaw=True),
        {"fields": [{"name": Is("item/Title")}], "raw": {"properties": dict}}),
    Row(SCHEMA, "resolve_live_parameters",
        lambda k: of(k, apiName=SHAREPOINT, operationId="GetItems", match={"dataset": "orders"},
                     top=1, include=["outputs"]),
        dict(INPUTS, outputs=list), statuses(dataset="matched")),
    Row(SCHEMA, "resolve_live_parameters",
        lambda k: of(k, connectorName=SHAREPOINT, operationId="GetItems"), INPUTS,
        statuses(table="needs")),
    Row(SCHEMA, "resolve_live_parameters",
        lambda k: sharepoint(k, operationId="GetItems", detail="compact", search="",
                             match={"dataset": "no such site"}), INPUTS,
        statuses(dataset="nomatch")),
    Row(SCHEMA, "resolve_live_parameters",
        lambda k: in_flow(k, actionName="List_customers", top=1),
        dict(INPUTS, connectorName=str, operationId=Is("ListRecords"), connectionName=str)),
    Row(SCHEMA, "test_live_connection",
        lambda k: sharepoint(k), {"status": str, "works": Is(True)}),
    Row(SCHEMA, "test_live_connection", lambda k: sharepoint(k, operationId="PostItem"),
        Refused("invalid_argument")),
    Row(SCHEMA, "create_live_connection", lambda k: of(k, connectorName="shared_planner"),
        {"signInLink": str, "connectionName": str}),

    # ---- runs ----
    Row(SKILLS, "get_live_flow_runs", lambda k: in_flow(k, top=50), [RUN], first_failed),
    Row(SCHEMA, "get_live_flow_runs", lambda k: in_flow(k, top="1"), [RUN], one),
    Row(SKILLS, "get_live_flow_run_error", lambda k: in_flow(k, runName=k["run"]), RUN_ERROR,
        root_is_last),
    Row(SCHEMA, "get_live_flow_run_error", lambda k: in_flow(k, runName=k["run"], top=1),
        dict(RUN_ERROR, failedActions=Last({"actionName": Is("Upsert_row")}))),
    Row(SKILLS, "get_live_flow_run_action_outputs",
        lambda k: in_flow(k, runName=k["run"], actionName=k["root"]), [ACTION]),
    Row(SKILLS, "get_live_flow_run_action_outputs",
        lambda k: in_flow(k, runName=k["run"], actionName=k["root"], iterationIndex=0), [ACTION],
        pinned),
    Row(SKILLS, "get_live_flow_run_action_outputs",
        lambda k: in_flow(k, runName=k["run"], actionName="List_customers"),
        [dict(ACTION, outputs={"statusCode": Is(200), "body": dict})], one),
    Row(SKILLS, "get_live_flow_run_action_outputs",
        lambda k: in_flow(k, runName=k["run"], actionName="Recurrence"), [ACTION], one),
    Row(SKILLS, "get_live_flow_run_action_outputs", lambda k: in_flow(k, runName=k["run"], top=3),
        [ACTION]),
    Row(SKILLS, "resubmit_live_flow_run", lambda k: in_flow(k, runName=k["run"]),
        {"flowKey": str, "resubmitted": Is(True), "runName": str, "triggerName": str}),
    Row(SKILLS, "get_live_flow_runs", lambda k: of(k, flowName="Purchase approval", top=100), [RUN],
        lambda k, runs: k.update(waiting=find(runs, status="Running")["name"])),
    Row(SKILLS, "cancel_live_flow_run",
        lambda k: of(k, flowName="Purchase approval", runName=k["waiting"]),
        {"runName": str, "status": str}),

    # ---- changing ----
    Row(SKILLS, "update_live_flow",
        lambda k: own(k, displayName="Made by a skill",
                      definition=dict(flow(A=compose("x")), description="By a skill")),
        dict(SAVED, created=str, updated=list, state=str), made),
    Row(SKILLS, "get_live_flow", lambda k: own(k, flowName=k["made"]),
        {"properties": {"state": str, "definition": {"description": str}}}, has_actions("A")),
    Row(SKILLS, "update_live_flow",
        lambda k: own(k, flowName=k["made"], connectionReferences=k["references"],
                      definition=dict(k["definition"],
                                      actions={"A": compose("x"), "B": compose("y")})),
        SAVED, updated("definition")),
    Row(OLDER, "update_live_flow",
        lambda k: own(k, flowName=k["made"], definition=k["definition"], connectionReferences={},
                      displayName="Made by an older skill", description="Updated by agent"), SAVED),
    Row(SCHEMA, "update_live_flow",
        lambda k: own(k, flowName=k["made"], displayName="Renamed by a skill"), SAVED,
        updated("displayName")),
    Row(SCHEMA, "update_live_flow",
        lambda k: own(k, flowName=k["made"], dryRun=True,
                      operations=[{"op": "set", "path": ["actions", "A", "inputs"],
                                   "value": "z"}]), SAVED, updated("definition")),
    Row(SCHEMA, "update_live_flow",
        lambda k: own(k, flowName=k["made"],
                      operations=[{"op": "add", "path": ["actions", "C"], "value": compose(1)},
                                  {"op": "merge", "path": ["actions", "A"],
                                   "value": {"description": "first"}},
                                  {"op": "remove", "path": ["actions", "C"]}]), SAVED),
    Row(OLDER, "update_live_flow", lambda k: own(k, flowName=k["made"], flowDefinition={}),
        Refused("invalid_argument")),
    Row(OLDER, "validate_live_flow",
        lambda k: own(k, flowName=k["made"], definition=flow(A=compose("x"))), {"error?": None}),
    Row(SKILLS, "set_live_flow_state", lambda k: own(k, flowName=k["made"], state="Started"),
        dict(STATE, requestedState=Is("Started"), actualState=Is("Started"))),
    Row(SKILLS, "set_live_flow_state", lambda k: own(k, flowName=k["made"], state="Started"),
        dict(STATE, actualState=Is("Started"))),
    Row(SKILLS, "trigger_live_flow",
        lambda k: own(k, flowName=k["made"], body={"name": "Test", "value": 1}),
        dict(STARTED, responseStatus=Is(202), httpStatus=Is(202), triggerKind=Is("Http")),
        unsigned),
    Row(OLDER, "trigger_live_flow", lambda k: own(k, flowName=k["made"]), STARTED),
    Row(SCHEMA, "trigger_live_flow", lambda k: in_flow(k), dict(STARTED, triggerKind=None)),
    Row(SCHEMA, "trigger_live_flow", lambda k: in_flow(k, body={"a": 1}),
        Refused("invalid_argument")),
    Row(SKILLS, "trigger_live_flow", lambda k: of(k, flowName="Scans to text"),
        Refused("not_available", "test_live_flow")),
    Row(OLDER, "get_live_flow_http_schema", lambda k: own(k, flowName=k["made"]),
        {"flowKey": str, "displayName": str, "triggerName": str, "triggerType": Is("Request"),
         "triggerKind": Is("Http"), "requestMethod": ANY, "relativePath": ANY,
         "requestSchema": dict, "requestHeaders": ANY, "responseSchemas": list,
         "responseSchemaCount": int}),
    Row(SKILLS, "add_live_flow_to_solution",
        lambda k: of(k, flowName="Scans to text", solutionId="FabrikamOperations"),
        {"flowName": str, "solutionId": str, "error": None}),
    Row(SKILLS, "add_live_flow_to_solution", lambda k: of(k, flowName="Scans to text"),
        Refused("conflict")),

    # ---- errors, and what is not here ----
    Row(OLDER, "get_live_flow", {"environmentName": "x", "flowName": "y"}, Refused("not_found")),
    Row(SCHEMA, "set_live_flow_state", lambda k: own(k, flowName=k["made"]),
        Refused("invalid_argument")),
    Row(SKILLS, "get_live_flow_trigger_url", lambda k: in_flow(k),
        Refused("not_available", "get_live_flow")),
    Row(OLDER, "get_live_connector", lambda k: of(k, connectorName=SHAREPOINT),
        Refused("not_available", "describe_live_connector")),
    Row(SCHEMA, "grant_flow_studio_access", {}, Refused("not_available", "whoami")),
    Row(OLDER, "list_store_flows", lambda k: of(k, searchTerm="Nightly copy"),
        Refused("not_available", "list_live_flows")),
    Row(SKILLS, "get_store_flow_runs", lambda k: in_flow(k, status=["Failed"], top=5),
        Refused("not_available", "get_live_flow_runs")),
    Row(OLDER, "set_store_flow_state", lambda k: own(k, flowName=k["made"], state="Stopped"),
        Refused("not_available", "set_live_flow_state")),
]

# As the hosted server publishes them: what a tool takes (* required), and its annotations: R reads
# only, D destructive, I idempotent.  apiName is another name of connectorName.
TAKES = {
    "list_skills": ("R", ""),
    "tool_search": ("R", "query*:s"),
    "list_live_environments": ("R", ""),
    "list_live_connections": ("R", "environmentName*:s search:s top:n"),
    "list_live_flows": ("R", "environmentName*:s mode:s search:s top:n timeoutSeconds:n "
                             "continuationUrl:s"),
    "describe_live_connector": ("R", "environmentName*:s connectorName:s operationId:s search:s "
                                     "variant:s mode:s type:s top:n"),
    "get_live_dynamic_options": ("R", "environmentName*:s parameterName*:s connectionName*:s "
                                      "dynamicMetadata*:o connectorName:s operationId:s "
                                      "parameters:o"),
    "get_live_dynamic_properties": ("R", "environmentName*:s parameterName*:s connectionName*:s "
                                         "dynamicMetadata*:o connectorName:s operationId:s "
                                         "parameters:o location:s propertyName:s includeRaw:b"),
    "resolve_live_parameters": ("R", "environmentName*:s operationId:s connectorName:s "
                                     "connectionName:s parameterName:s parameters:o match:o "
                                     "browse:o search:s top:n detail:s include:a flowName:s "
                                     "actionName:s"),
    "get_live_flow": ("R", "environmentName*:s flowName*:s"),
    "update_live_flow": ("DI", "environmentName*:s flowName:s definition:o displayName:s "
                               "connectionReferences:o operations:a dryRun:b description:s"),
    "validate_live_flow": ("R", "environmentName*:s flowName*:s definition*:o"),
    "add_live_flow_to_solution": ("I", "environmentName*:s flowName*:s solutionId:s"),
    "create_live_connection": ("", "environmentName*:s connectorName*:s connectionName:s"),
    "test_live_connection": ("R", "environmentName*:s connectorName*:s connectionName*:s "
                                  "operationId:s parameters:o"),
    "get_live_flow_runs": ("R", "environmentName*:s flowName*:s top:n"),
    "get_live_flow_run_error": ("R", "environmentName*:s flowName*:s runName*:s top:n"),
    "get_live_flow_run_action_outputs": ("R", "environmentName*:s flowName*:s runName*:s "
                                              "actionName:s iterationIndex:n top:n"),
    "resubmit_live_flow_run": ("", "environmentName*:s flowName*:s runName*:s"),
    "cancel_live_flow_run": ("DI", "environmentName*:s flowName*:s runName*:s"),
    "trigger_live_flow": ("", "environmentName*:s flowName*:s body:o"),
    "set_live_flow_state": ("I", "environmentName*:s flowName*:s state*:s"),
}
TYPES = {"s": ("string",), "n": ("integer", "number"), "b": ("boolean",), "o": ("object",),
         "a": ("array",)}


def takes(host, tool):
    """Whatever the published schema lets a skill give is taken; nothing more is needed."""
    hints, words = TAKES[tool]
    row = host.call("tool_search", query="select:" + tool)[0]
    schema, required = row["inputSchema"], set()
    for word in words.split():
        name, kind = word.replace("*", "").split(":")
        required |= {name} if "*" in word else set()
        if schema["properties"].get(name, {}).get("type") not in TYPES[kind]:
            raise Failure("%s is %s" % (name, schema["properties"].get(name)))
    if set(schema.get("required", [])) - required:
        raise Failure("also needs %s" % (set(schema["required"]) - required))
    for letter, name in (("R", "readOnlyHint"), ("D", "destructiveHint"), ("I", "idempotentHint")):
        if letter in hints and row["annotations"].get(name) is not True:
            raise Failure("annotations are %s" % row["annotations"])
    if "R" not in hints and row["annotations"].get("readOnlyHint") is not False:
        raise Failure("it reads only: %s" % row["annotations"])


# What is called first, and the tools that `next` then names, one after the other.
CHAINS = [
    ("find a flow, its failed run, the cause", "list_live_flows",
     lambda k: of(k, search="Nightly copy"),
     ["get_live_flow", "get_live_flow_runs", "diagnose_live_flow_run"]),
    ("the failed step, its inputs and outputs, its definition", "get_live_flow_run_error",
     lambda k: in_flow(k, runName=k["run"]),
     ["get_live_flow_run_action_outputs", "get_live_flow"]),
    ("the same from a cache that is not here", "list_store_flows",
     lambda k: of(k, searchTerm="Nightly copy"),
     ["list_live_flows", "get_live_flow", "get_live_flow_runs"]),
    ("from an intent to the inputs", "describe_live_connector", lambda k: of(k, search="get items"),
     ["describe_live_connector", "resolve_live_parameters"]),
    ("from a connection to what it can do", "list_live_connections",
     lambda k: of(k, search=SHAREPOINT), ["describe_live_connector"]),
    ("a connection that is missing", "list_live_connections",
     lambda k: own(k, search="shared_planner"),
     ["create_live_connection", "list_live_connections"]),
    ("a flow is made, switched on, run and waited for", "update_live_flow",
     lambda k: own(k, displayName="Made by a chain", definition=flow(A=compose("x"))),
     ["set_live_flow_state", "trigger_live_flow", "wait_for_live_flow_run"]),
    ("a flow is changed, and its runs are looked at", "update_live_flow",
     lambda k: own(k, flowName=k["made"], displayName="Changed by a chain"),
     ["get_live_flow_runs"]),
    ("a run is repeated and waited for", "resubmit_live_flow_run",
     lambda k: own(k, flowName=k["made"], runName=k["new run"]), ["wait_for_live_flow_run"]),
]


def next_of(result):
    """The suggestion: in an object itself, of an array in the block after it."""
    document = json.loads(result["content"][0]["text"])
    if isinstance(document, dict) and "next" in document:
        return document["next"]
    for block in result["content"][1:]:
        if block["text"].startswith("{"):
            notes, _ = json.JSONDecoder().raw_decode(block["text"])
            if "next" in notes:
                return notes["next"]
    return None


def play(host, known, row):
    arguments = row.arguments(known) if callable(row.arguments) else row.arguments
    result = host.result(row.tool, arguments)
    document = json.loads(result["content"][0]["text"])
    if not isinstance(row.shape, Refused):
        if result.get("isError"):
            raise Failure("%s: %s" % (arguments, document))
        fits(document, row.shape)
        if row.keep:
            row.keep(known, document)
        return
    fits(document, {"error": {"message": str, "statusCode": (int, None), "data": (dict, None),
                              "code": Is(row.shape.code)}})
    if not result.get("isError"):
        raise Failure("a refusal that is no error: %s" % document)
    if row.shape.next and next_of(result)["tool"] != row.shape.next:
        raise Failure("next is %s" % next_of(result))


def walk(host, known, first, arguments, tools):
    result = host.result(first, arguments(known))
    for want in tools:
        step = next_of(result)
        if not step or step["tool"] != want:
            raise Failure("after %s comes %s, not %s: %s" % (
                first, step, want, result["content"][0]["text"][:600]))
        first, result = want, host.result(want, step["arguments"])
        if result.get("isError"):
            raise Failure("%s: %s" % (step, result["content"][0]["text"]))


def main():
    home = Home()
    home.start_tenant([])
    host, known, failed, number = Host(home), {}, 0, 0
    print("1..%d" % (len(ROWS) + len(TAKES) + len(CHAINS) + 2))

    def tell(title, what, *arguments):
        nonlocal failed, number
        number += 1
        try:
            what(*arguments)
            print("ok %d - %s" % (number, title))
        except (Failure, KeyError, IndexError, TypeError, StopIteration) as e:
            failed += 1
            print("not ok %d - %s\n# %s" % (number, title, repr(e)[:2000]))
        sys.stdout.flush()

    def end():
        if host.close() != 0:
            raise Failure("it ended badly")

    tell("the table can fail", can_fail)
    for tool in TAKES:
        tell("%s takes what the published schema has" % tool, takes, host, tool)
    for row in ROWS:
        given = "" if callable(row.arguments) else " " + json.dumps(row.arguments)
        tell("%s%s (%s)" % (row.tool, given, row.source), play, host, known, row)
    for title, first, arguments, tools in CHAINS:
        tell(title, walk, host, known, first, arguments, tools)
    tell("the server ends well", end)
    home.close()
    return failed > 0


sys.exit(main())

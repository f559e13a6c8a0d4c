#!/usr/bin/env python3
"""A table of failures: each flow is made and run in the practice tenant, diagnosed in one call,
and where an edit is offered it is made, the run resubmitted, and it must then succeed.

Nothing here is a canned answer: what a row says about the flow is what the runner made of it."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from diagnosis import Bench, answers, compose, http  # noqa: E402
from practice import Tap  # noqa: E402

tap = Tap()
bench = Bench()
LIST = answers(200, {"value": [{"ID": 1, "Title": "a;b"}, {"ID": 2, "Title": None}, {"ID": 3}]})
OK = answers(200, {})


def each(source, actions, **more):
    return dict(more, type="Foreach", foreach=source, actions=actions)


def condition(expression, actions=None):
    return {"type": "If", "expression": expression, "actions": actions or {"In": compose("x")},
            "else": {"actions": {}}}


def parse(content, schema):
    return {"type": "ParseJson", "inputs": {"content": content, "schema": schema}}


def variable(name, kind, value=None):
    row = {"name": name, "type": kind}
    if value is not None:
        row["value"] = value
    return {"type": "InitializeVariable", "inputs": {"variables": [row]}}


def refused(status, body, retries=False, **more):
    """A call that the other side refuses, without the engine's repeats."""
    action = http(**more)
    if not retries:
        action["inputs"]["retryPolicy"] = {"type": "none"}
    return {"Call": action}, {"Call": answers(status, body)}


NAMES = {"type": "object", "properties": {"name": {"type": "string"}}}

# name, actions, what the button sends, cause, what else must be there; "fix" is the value of the
# first operation, True for any, False for none; "script" is what calls answer.
ROWS = [
    # ---- values that are not there
    ("a null for split()", {"X": compose("@split(triggerBody()?['tags'], ';')")}, {"tags": None},
     "null_in_expression", {"fix": "@split(coalesce(triggerBody()?['tags'], ''), ';')",
                            "bad": "triggerBody()?['tags']", "from": "trigger outputs /body/tags"}),
    ("a member of nothing, without ?",
     {"X": compose("@triggerBody()?['who']['mail']['first']")}, {"who": None},
     "null_in_expression", {"fix": "@triggerBody()?['who']?['mail']?['first']"}),
    ("the first of an empty list", {"X": compose("@triggerBody()?['rows'][0]['ID']")},
     {"rows": []}, "null_in_expression", {"fix": "@triggerBody()?['rows']?[0]?['ID']"}),
    ("a null passed on by two actions",
     {"One": compose("@triggerBody()?['tags']"), "Two": compose("@outputs('One')"),
      "X": compose("@length(outputs('Two'))")}, {"tags": None}, "null_in_expression",
     {"fix": True, "from": "trigger outputs /body/tags", "bad": "outputs('Two')"}),
    ("a date that is empty", {"X": compose("@formatDateTime(triggerBody()?['due'], 'yyyy')")},
     {"due": None}, "null_in_expression", {"fix": True}),
    ("a loop over nothing", {"X": each("@triggerBody()?['rows']", {"In": compose("x")})},
     {"rows": None}, "null_in_expression",
     {"fix": "@coalesce(triggerBody()?['rows'], json('[]'))"}),
    ("null names in a Select", {"Get": http(), "X": {"type": "Select", "inputs": {
        "from": "@outputs('Get')?['body/value']",
        "select": {"tags": "@split(item()?['Title'], ';')"}}}}, {}, "null_in_expression",
     {"script": {"Get": LIST}, "fix": True, "items": (2, 3, 1)}),
    ("a null in Filter array", {"Get": http(), "X": {"type": "Query", "inputs": {
        "from": "@outputs('Get')?['body/value']",
        "where": "@startsWith(item()?['Title'], 'a')"}}}, {}, "null_in_expression",
     {"script": {"Get": LIST}, "fix": True}),
    ("a null in an HTML table", {"Get": http(), "X": {"type": "Table", "inputs": {
        "format": "HTML", "from": "@outputs('Get')?['body/value']",
        "columns": [{"header": "T", "value": "@toUpper(item()?['Title'])"}]}}}, {},
     "null_in_expression", {"script": {"Get": LIST}, "fix": True}),
    ("a null against a schema", {"Get": http(), "X": parse("@body('Get')", NAMES)}, {},
     "null_in_expression", {"script": {"Get": answers(200, {"name": None})},
                            "fix": {"type": ["string", "null"]}}),
    ("nothing to parse", {"X": parse("@triggerBody()?['text']", {})}, {"text": None},
     "null_in_expression", {"fix": True}),
    ("a null in a condition", {"X": condition({"and": [{"startsWith": [
        "@triggerBody()?['tags']", "a"]}]})}, {"tags": None}, "null_in_expression",
     {"fix": "@coalesce(triggerBody()?['tags'], '')"}),
    ("a variable that nothing was put into", {
        "V": variable("who", "string"), "X": compose("@split(variables('who'), ' ')")}, {},
     "null_in_expression", {"fix": True, "bad": "variables('who')"}),
    ("an item's null in a loop", {"Get": http(), "Each": each(
        "@outputs('Get')?['body/value']",
        {"X": compose("@split(items('Each')?['Title'], ';')")})}, {}, "null_in_expression",
     {"script": {"Get": LIST}, "fix": "@split(coalesce(items('Each')?['Title'], ''), ';')",
      "in": ["Each"], "failed": (2, 3)}),
    ("a switch over nothing", {"X": {"type": "Switch", "expression": "@triggerBody()?['kind']",
                                     "cases": {"A": {"case": "a", "actions": {}}},
                                     "default": {"actions": {}}}}, {"kind": None},
     "null_in_expression", {"fix": "@coalesce(triggerBody()?['kind'], '')"}),
    ("in a loop that repeats until something holds", {"Again": {
        "type": "Until", "expression": "@equals(1, 1)", "limit": {"count": 2, "timeout": "PT1H"},
        "actions": {"X": compose("@length(triggerBody()?['rows'])")}}}, {"rows": None},
     "null_in_expression", {"fix": True, "in": ["Again"]}),
    ("in the else of a condition in a scope", {"S": {"type": "Scope", "actions": {"C": {
        "type": "If", "expression": {"equals": [1, 2]}, "actions": {}, "else": {"actions": {
            "X": compose("@first(triggerBody()?['rows'])['ID']")}}}}}}, {"rows": []},
     "null_in_expression", {"fix": True, "in": ["S", "C"]}),
    ("in the case of a switch", {"S": {
        "type": "Switch", "expression": "a", "default": {"actions": {}}, "cases": {"A": {
            "case": "a", "actions": {"X": compose("@split(triggerBody()?['t'], ',')")}}}}},
     {"t": None}, "null_in_expression", {"fix": True, "in": ["S"]}),
    ("in text with several expressions", {"X": compose(
        "Hello @{triggerBody()?['name']}, @{toUpper(triggerBody()?['city'])}!")},
     {"name": "Ada", "city": None}, "null_in_expression",
     {"fix": "Hello @{triggerBody()?['name']}, @{toUpper(coalesce(triggerBody()?['city'], ''))}!"}),
    # ---- names
    ("a member that is called otherwise", {"X": compose("@split(triggerBody()?['Titel'], ' ')")},
     {"Title": "Night shift"}, "wrong_path", {"fix": "@split(triggerBody()?['Title'], ' ')"}),
    ("a column with a blank", {"X": compose("@toUpper(triggerBody()['Project Name'])")},
     {"Project_x0020_Name": "x"}, "wrong_path",
     {"fix": "@toUpper(triggerBody()['Project_x0020_Name'])"}),
    ("an array where its value is meant", {"Get": http(), "X": each(
        "@outputs('Get')?['body/values']", {"In": compose("x")})}, {}, "wrong_path",
     {"script": {"Get": LIST}, "fix": "@outputs('Get')?['body/value']"}),
    # ---- types
    ("a number that is text", {"X": compose("@add(triggerBody()?['n'], 1)")}, {"n": "7"},
     "type_mismatch", {"fix": "@add(int(triggerBody()?['n']), 1)"}),
    ("an object where text is wanted", {"X": compose("@toLower(triggerBody()?['who'])")},
     {"who": {"name": "Ada"}}, "type_mismatch",
     {"fix": "@toLower(string(triggerBody()?['who']))"}),
    ("a loop over one object", {"X": each("@triggerBody()?['who']", {"In": compose("x")})},
     {"who": {"name": "Ada"}}, "type_mismatch", {"fix": "@createArray(triggerBody()?['who'])"}),
    ("text compared with a number", {"X": condition({"greater": ["@triggerBody()?['n']", 5]})},
     {"n": "7"}, "type_mismatch", {"fix": "@int(triggerBody()?['n'])"}),
    ("a variable of another type", {
        "V": variable("who", "string"),
        "X": {"type": "SetVariable", "inputs": {"name": "who", "value": "@triggerBody()?['o']"}}},
     {"o": {"a": 1}}, "type_mismatch", {"fix": "@string(triggerBody()?['o'])"}),
    ("a variable that begins as text", {"X": variable("n", "integer", "@triggerBody()?['n']")},
     {"n": "7"}, "type_mismatch", {"fix": "@int(triggerBody()?['n'])"}),
    ("a member of a text", {"X": compose("@triggerBody()?['json']?['a']")},
     {"json": "{\"a\":1}"}, "type_mismatch", {"fix": True}),
    ("text where a schema wants a number", {"Get": http(), "X": parse("@body('Get')", {
        "type": "object", "properties": {"n": {"type": "integer"}}})}, {}, "type_mismatch",
     {"script": {"Get": answers(200, {"n": "7"})}, "fix": {"type": ["integer", "string"]}}),
    # ---- data
    ("a number with its unit", {"X": compose("@int(triggerBody()?['n'])")}, {"n": "12.5 kr"},
     "bad_input_data", {"fix": False, "bad": "triggerBody()?['n']"}),
    ("an empty number", {"X": compose("@int(triggerBody()?['n'])")}, {"n": ""},
     "bad_input_data", {"fix": True}),
    ("a date as Excel has it", {"X": compose("@formatDateTime(triggerBody()?['d'], 'yyyy')")},
     {"d": "45291"}, "bad_input_data", {"fix": True}),
    ("a date in words", {"X": compose("@addDays(triggerBody()?['d'], 1)")}, {"d": "next week"},
     "bad_input_data", {"fix": False}),
    ("text that is too short", {"X": compose("@substring(triggerBody()?['s'], 0, 9)")},
     {"s": "abc"}, "bad_input_data", {"fix": "@take(triggerBody()?['s'], 9)"}),
    ("JSON that is none", {"X": parse("@triggerBody()?['s']", {})}, {"s": "<html>"},
     "bad_input_data", {"fix": False}),
    # ---- the definition
    ("an action that is not there", {"X": compose("@outputs('Gone')")}, {}, "design_error",
     {"fix": False}),
    # ---- what others answer; {} of actions and script come from refused()
    ("a sign-in that has expired", *refused(401, {"error": {
        "code": "InvalidAuthenticationToken", "message": "Lifetime validation failed."}}),
     "connection", {"code": "InvalidAuthenticationToken", "source": "outputs"}),
    ("another user's connection", *refused(403, {"error": {
        "code": "ConnectionAuthorizationFailed", "message": "The caller does not have it."}}),
     "connection", {"status": "403"}),
    ("no right", *refused(403, {"error": {
        "code": "BadGateway-like", "message": "x", "innerError": {
            "code": "accessDenied", "message": "Zugriff verweigert"}}}), "permission",
     {"message": "Zugriff verweigert"}),
    ("nothing there", *refused(404, {"status": 404, "message": "List not found"}), "not_found",
     {"message": "List not found"}),
    ("an error only in content, JSON in a string", *refused(400, {"error": {
        "code": "Outer", "message": json.dumps({"error": {
            "code": "0x80040217", "message": "contact Does Not Exist"}})}}), "not_found",
     {"message": "contact Does Not Exist"}),
    ("data that is refused", *refused(400, {"error": {
        "code": "ErrorInvalidRecipients", "message": "no recipient"}}), "bad_input_data", {}),
    ("a bad request without a code", *refused(400, {"message": "String was truncated"}),
     "bad_input_data", {"message": "String was truncated"}),
    ("too many requests", *refused(429, {"statusCode": 429, "message": "Rate limit is exceeded."},
                                   retries=True), "throttled", {"retries": True, "wait": 7200}),
    ("a service that is down", *refused(503, {"error": {
        "code": "ServiceUnavailable", "message": "later"}}, retries=True), "service_fault",
     {"retries": True, "wait": 7200}),
    ("a fault without words", *refused(500, {}), "service_fault", {"status": "500"}),
    ("a gateway's page", *refused(504, "<html><head><title>504 Gateway Time-out</title></head>"
                                  "</html>"), "timeout", {"message": "504 Gateway Time-out"}),
    ("too large", *refused(413, {"error": {"code": "RequestEntityTooLarge", "message": "x"}}),
     "limit", {}),
    ("a licence", *refused(402, {"error": {"code": "PaymentRequired", "message": "x"}}),
     "licence_or_dlp", {}),
    ("a data policy", *refused(403, {"error": {"code": "DlpViolation", "message": "x"}}),
     "licence_or_dlp", {}),
    # ---- where the value came from
    ("a value that a variable passed on", {
        "V": variable("a", "string", "x"),
        "S": {"type": "SetVariable", "inputs": {"name": "a", "value": "@triggerBody()?['q']"}},
        "X": compose("@int(variables('a'))")}, {"q": "abc"}, "bad_input_data",
     {"from": "trigger outputs /body/q"}),
    ("a number divided by 0", {"X": compose("@div(100, triggerBody()?['n'])")}, {"n": 0},
     "bad_input_data", {"fix": True}),
    ("a loop over text with commas", {"X": each("@triggerBody()?['csv']", {"In": compose("x")})},
     {"csv": "a,b"}, "type_mismatch", {"fix": True}),
    ("an answer with the first of nothing", {"X": {
        "type": "Response", "kind": "PowerApp", "inputs": {
            "statusCode": 200, "body": {"a": "@first(triggerBody()?['rows'])['q']"}}}},
     {"rows": []}, "null_in_expression", {"fix": True}),
    ("a null that an action of the loop passed on", {"Get": http(), "E": each(
        "@outputs('Get')?['body/value']",
        {"In": compose("@items('E')?['Title']"), "X": compose("@split(outputs('In'), ';')")})},
     {}, "null_in_expression", {"script": {"Get": LIST}, "fix": True, "failed": (2, 3)}),
]


def first_value(doc):
    return doc["fixes"][0]["operations"][0]["value"]


def wrong_with(doc, cause, want):
    """What of a diagnosis is not as the row says: a list of lines."""
    wrong = []

    def check(what, have, should):
        if have != should:
            wrong.append("%s: %r, not %r" % (what, have, should))
    check("cause", doc.get("cause"), cause)
    check("action", doc.get("action", {}).get("name"), want.get("action"))
    error, expression = doc.get("error", {}), doc.get("expression", {})
    for key, have in (("code", error.get("code")), ("message", error.get("message")),
                      ("status", error.get("statusCode")), ("source", error.get("source")),
                      ("bad", expression.get("bad")), ("in", doc["action"].get("in"))):
        if key in want:
            check(key, have, want[key])
    if "from" in want:
        check("from", expression["cameFrom"][-1]["from"], want["from"])
    if "items" in want:
        check("items", (expression.get("badItems"), expression.get("items"),
                        expression.get("firstItem")), want["items"])
    if "failed" in want:
        check("failed", (doc["iterations"]["failed"], doc["iterations"]["of"]), want["failed"])
    if "retries" in want and not doc.get("retries"):
        wrong.append("no retries")
    if len(json.dumps(doc)) > 6000:
        wrong.append("too long: %d bytes" % len(json.dumps(doc)))
    return wrong


def row(name, actions, body, cause, want):
    """Makes, runs, asks; mends, resubmits."""
    script = want.get("script")
    if cause is None or isinstance(cause, dict):
        raise RuntimeError(name)
    if "Call" in actions:
        script, body = body, {}
    wait = want.get("wait", 240)
    flow, definition = bench.make(name, actions, script)
    run = bench.start(flow, body, wait)
    doc = bench.diagnose(flow, run)
    want = dict({"action": "Call" if "Call" in actions else "X"}, **want)
    wrong = wrong_with(doc, cause, want)
    fix = want.get("fix", False)
    # The call that it suggests is one that the save path takes.
    if fix and doc.get("next"):
        saved = bench.mcp.call(doc["next"]["tool"], **doc["next"]["arguments"])
        if "error" in saved and saved["error"]:
            wrong.append("next: %r" % saved)
    if bool(doc.get("fixes")) != bool(fix):
        wrong.append("fixes: %r" % doc.get("fixes"))
    elif fix is not False:
        if fix is not True and first_value(doc) != fix:
            wrong.append("fix: %r" % first_value(doc))
        for one in doc["fixes"]:
            status = bench.mend(flow, definition, one["operations"], run)
            if status != "Succeeded":
                wrong.append("mended by %r it is %s" % (one["operations"], status))
    tap.ok(not wrong, name, "\n".join(wrong) + "\n" + json.dumps(doc))


for one in ROWS:
    row(*one)
sys.exit(tap.end())

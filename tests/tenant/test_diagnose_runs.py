#!/usr/bin/env python3
"""Failures that are more than one action's: loops, children, handlers, several at once, time,
secrets, what cannot be read, and flows that do not start.  Each is run, then diagnosed."""
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from diagnosis import Bench, answers, compose, http  # noqa: E402
from practice import API, Tap  # noqa: E402

tap = Tap()
bench = Bench()
OK = answers(200, {})


def rows(n, **more):
    return answers(200, {"value": {"{{repeat}}": n, "of": dict(more, ID="{{i}}")}})


def each(source, actions, **more):
    return dict(more, type="Foreach", foreach=source, actions=actions)


def refusing(status, code, message, **more):
    return dict(more, outputs={"statusCode": status, "headers": {}, "body": {
        "error": {"code": code, "message": message}}})


def once(**more):
    """A call that the engine does not repeat."""
    action = http(**more)
    action["inputs"]["retryPolicy"] = {"type": "none"}
    return action


def has(doc, want, where=""):
    """Whether a document has what is wanted, at every depth; lists from their start."""
    if isinstance(want, dict):
        return isinstance(doc, dict) and all(has(doc.get(k), v, where) for k, v in want.items())
    if isinstance(want, list):
        return isinstance(doc, list) and len(doc) >= len(want) and all(
            has(d, w, where) for d, w in zip(doc, want))
    return want(doc) if callable(want) else doc == want


def expect(name, doc, want):
    tap.ok(has(doc, want), name, json.dumps(doc))


def none(v):
    return not v


# ---- loops

def three_levels():
    flow, _ = bench.make("three levels", {"Get": http(), "A": each("@body('Get')?['value']", {
        "B": each("@items('A')?['rows']", {"C": each("@items('B')?['cells']", {
            "Call": once()})})})}, {
        "Get": answers(200, {"value": [
            {"ID": i, "rows": [{"ID": 10 * i + k, "cells": [{"ID": 100, "n": "x"}, {"ID": 101}]}
                               for k in range(2)]} for i in range(3)]}),
        "Call": dict(OK, fail=refusing(404, "itemNotFound", "gone", at=[[2, 0, 1]]))})
    doc = bench.diagnose(flow, bench.start(flow, {}))
    expect("three loops: the path of the one that failed, in full", doc, {
        "cause": "not_found", "action": {"name": "Call", "in": ["A", "B", "C"]},
        "error": {"code": "itemNotFound", "statusCode": "404"},
        "iterations": {"failed": 1, "of": 12, "groups": [
            {"count": 1, "repetitions": ["000002-000000-000001"], "items": [{"ID": 101}]}]}})


def five_thousand():
    flow, _ = bench.make("5,000", {"List": http(), "Each": each("@outputs('List')?['body/value']", {
        "Call": dict(once(), inputs={
            "method": "GET", "retryPolicy": {"type": "none"},
            "uri": "@concat('https://x.example/', if(equals(items('Each')?['ID'], 17), "
                   "int(items('Each')?['Title']), 1))"})})}, {
        "List": rows(5000, Title="row {{i}}", Filler="f" * 60),
        "Call": dict(OK, fail=refusing(409, "Conflict", "the row was changed",
                                       at=[300, 4021]))})
    doc = bench.diagnose(flow, bench.start(flow, {}, 36000))
    expect("5,000 iterations, three failures of two kinds", doc, {
        "action": {"name": "Call", "in": ["Each"]},
        "iterations": {"failed": 3, "of": 5000, "groups": [
            {"count": 2, "code": "Conflict", "repetitions": ["000300", "004021"],
             "items": [{"ID": 300, "Title": "row 300"}, {"ID": 4021, "Title": "row 4021"}]},
            {"count": 1, "code": "InvalidTemplate", "repetitions": ["000017"],
             "items": [{"ID": 17, "Title": "row 17"}]}]}})


def only_the_loop():
    """A container of a loop: the failure is in a scope inside it."""
    flow, definition = bench.make("scope in loop", {"Get": http(), "Each": each(
        "@body('Get')?['value']", {"Try": {"type": "Scope", "actions": {
            "Split": compose("@split(items('Each')?['t'], ';')")}}})}, {
        "Get": answers(200, {"value": [{"ID": 1, "t": "a"}, {"ID": 2, "t": None}]})})
    run = bench.start(flow, {})
    doc = bench.diagnose(flow, run)
    expect("a scope in a loop", doc, {
        "cause": "null_in_expression", "action": {"name": "Split", "in": ["Each", "Try"]},
        "iterations": {"failed": 1, "of": 2, "groups": [{"items": [{"ID": 2}]}]},
        "expression": {"cameFrom": [{"from": "item of Each /t"},
                                    {"from": "outputs of Get /body/value/1/t"}]}})
    tap.eq(bench.mend(flow, definition, doc["fixes"][0]["operations"], run), "Succeeded",
           "a scope in a loop, mended")


def loop_in_loop():
    """An inner loop over nothing: it has no repetition of its own."""
    flow, definition = bench.make("inner loop", {"Get": http(), "Each": each(
        "@body('Get')?['value']", {"Rows": each("@items('Each')?['rows']", {
            "In": compose("x")})})}, {
        "Get": answers(200, {"value": [{"ID": 1, "rows": [1]}, {"ID": 2, "rows": None}]})})
    run = bench.start(flow, {})
    doc = bench.diagnose(flow, run)
    expect("an inner loop over nothing", doc, {
        "cause": "null_in_expression", "action": {"name": "Rows", "in": ["Each"]},
        "iterations": {"groups": [{"repetitions": ["000001"], "items": [{"ID": 2}]}]}})
    tap.eq(bench.mend(flow, definition, doc["fixes"][0]["operations"], run), "Succeeded",
           "an inner loop, mended")


# ---- several failures, handlers, ends

def parallel():
    flow, _ = bench.make("parallel", {
        "A": once(runAfter={}), "B": once(runAfter={})}, {
        "A": refusing(404, "NotFound", "first", ms=10),
        "B": refusing(403, "accessDenied", "second", ms=90000)})
    doc = bench.diagnose(flow, bench.start(flow, {}, 600))
    expect("two branches fail: the first, and the other is named", doc, {
        "cause": "not_found", "action": {"name": "A"}, "alsoFailed": ["B"]})


HANDLED = {
    "Try": {"type": "Scope", "actions": {"Call": once()}},
    "Catch": {"type": "Scope", "runAfter": {"Try": ["Failed", "TimedOut"]},
              "actions": {"Note": compose("caught")}},
}


def handled():
    flow, _ = bench.make("handled", HANDLED, {"Call": refusing(404, "NotFound", "gone")})
    doc = bench.diagnose(flow, bench.start(flow, {}))
    expect("a failure that was handled", doc, {
        "runStatus": "Succeeded", "cause": "none", "handled": ["Try", "Call"], "fixes": none})


def caught_then_ended():
    actions = dict(HANDLED)
    actions["Catch"] = {"type": "Scope", "runAfter": {"Try": ["Failed"]}, "actions": {
        "End": {"type": "Terminate", "inputs": {"runStatus": "Failed", "runError": {
            "code": "Caught", "message": "see above"}}}}}
    flow, _ = bench.make("caught", actions, {"Call": refusing(404, "NotFound", "gone")})
    doc = bench.diagnose(flow, bench.start(flow, {}))
    expect("Terminate in a handler: what was caught is the cause", doc, {
        "cause": "not_found", "action": {"name": "Call", "in": ["Try"]}, "terminatedBy": "End"})


def ended_on_purpose():
    flow, _ = bench.make("ended", {"Check": {"type": "If", "expression": {
        "equals": ["@triggerBody()?['n']", 0]}, "actions": {"End": {
            "type": "Terminate", "inputs": {"runStatus": "Failed", "runError": {
                "code": "Missing", "message": "no order"}}}}, "else": {"actions": {}}}})
    doc = bench.diagnose(flow, bench.start(flow, {"n": 0}))
    expect("Terminate on purpose", doc, {
        "cause": "terminated", "action": {"name": "End"},
        "error": {"code": "Missing", "message": "no order"}})


def cancelled():
    flow, _ = bench.make("cancelled", {"Wait": {"type": "Wait", "inputs": {
        "interval": {"unit": "Hour", "count": 5}}}})
    run = bench.start(flow, {}, 60)
    expect("a run that waits", bench.diagnose(flow, run), {
        "runStatus": "Running", "cause": "none", "waitingFor": ["Wait"]})
    bench.t.flow("%s/runs/%s/cancel?%s" % (bench.path(flow), run["name"], API), "POST")
    expect("a run that was cancelled", bench.diagnose(flow, run), {
        "runStatus": "Cancelled", "cause": "terminated"})


def timed_out():
    slow = once()
    slow["limit"] = {"timeout": "PT1M"}
    flow, _ = bench.make("slow", {"Call": slow}, {"Call": {"forever": True}})
    expect("an action that takes too long", bench.diagnose(flow, bench.start(flow, {}, 7200)), {
        "cause": "timeout", "action": {"name": "Call", "status": "TimedOut"}})
    flow, _ = bench.make("until", {"Again": {
        "type": "Until", "expression": "@equals(1, 2)", "operationOptions": "FailWhenLimitsReached",
        "limit": {"count": 3, "timeout": "PT1H"}, "actions": {"In": compose("x")}}})
    expect("a loop that never ends", bench.diagnose(flow, bench.start(flow, {}, 7200)), {
        "cause": "timeout", "action": {"name": "Again"}})


def skipped():
    flow, _ = bench.make("skipped", {"Check": {"type": "If", "expression": {
        "equals": ["@triggerBody()?['n']", 1]}, "actions": {"Send": compose("x")},
        "else": {"actions": {}}}})
    run = bench.start(flow, {"n": 2})
    expect("an action that was skipped, and the condition's values",
           bench.diagnose(flow, run, actionName="Send"), {
               "cause": "none", "skipped": [{"action": "Send", "because": "Check", "reads": [
                   {"expression": "triggerBody()?['n']", "value": 2}]}]})


# ---- child flows

def call_child(flow):
    return {"type": "Workflow", "inputs": {"host": {"workflowReferenceName": flow},
                                           "body": {"text": "@triggerBody()?['text']"}}}


def failed_child(run):
    return {"outputs": {"statusCode": 502, "headers": dict(
        {"x-ms-workflow-run-id": run["name"]} if run else {}),
        "body": {"error": {"code": "NoResponse", "message": "no answer"}}}, "fail": None}


def children():
    inner, definition = bench.make("inner", {"X": compose("@split(triggerBody()?['text'], ';')")})
    run = bench.start(inner, {"text": None})
    middle, _ = bench.make("middle", {"Child": dict(call_child(inner), inputs=dict(
        call_child(inner)["inputs"], retryPolicy={"type": "none"}))})
    bench.peculiar(middle, script={"run": {"actions": {"Child": {
        "outputs": failed_child(run)["outputs"]}}}})
    mrun = bench.start(middle, {"text": None})
    outer, _ = bench.make("outer", {"Child": dict(call_child(middle), inputs=dict(
        call_child(middle)["inputs"], retryPolicy={"type": "none"}))})
    bench.peculiar(outer, script={"run": {"actions": {"Child": {
        "outputs": failed_child(mrun)["outputs"]}}}})
    doc = bench.diagnose(outer, bench.start(outer, {"text": None}))
    expect("a child of a child: the innermost cause, and an edit for that flow", doc, {
        "cause": "null_in_expression", "action": {"name": "Child"},
        "child": {"flowName": middle, "runName": mrun["name"], "child": {
            "flowName": inner, "runName": run["name"], "action": {"name": "X"},
            "fixes": [{"operations": [{"value": lambda v: "coalesce" in v}]}]}},
        "next": {"tool": "update_live_flow", "arguments": {"flowName": inner}}})
    operations = doc["next"]["arguments"]["operations"]
    tap.eq(bench.mend(inner, definition, operations, run), "Succeeded", "the child, mended")


def child_by_time():
    """The action does not say which run it called: the one that failed meanwhile."""
    inner, _ = bench.make("inner by time", {"X": compose("@int(triggerBody()?['text'])")})
    bench.start(inner, {"text": "an older one"})
    outer, _ = bench.make("outer by time", {"Child": dict(call_child(inner), inputs=dict(
        call_child(inner)["inputs"], retryPolicy={"type": "none"}))}, {
        "Child": dict(failed_child(None), fail={"ms": 600000, "outputs": {
            "statusCode": 502, "headers": {}, "body": {"error": {"code": "NoResponse"}}}})})
    bench.start(outer, {"text": "x"}, 5)
    run = bench.start(inner, {"text": "twelve"}, 3600)
    expect("a child flow's run that nobody named", bench.diagnose(outer, bench.newest(outer)), {
        "cause": "bad_input_data", "child": {
            "flowName": inner, "runName": run["name"],
            "expression": {"value": "twelve"}}})


# ---- what cannot be seen

def secured():
    call = once()
    call["runtimeConfiguration"] = {"secureData": {"properties": ["inputs", "outputs"]}}
    flow, _ = bench.make("secured", {"Call": call},
                         {"Call": refusing(403, "accessDenied", "secret")})
    doc = bench.diagnose(flow, bench.start(flow, {}))
    expect("secured inputs and outputs", doc, {
        "action": {"name": "Call"}, "secured": "inputs and outputs", "cause": "permission",
        "missing": lambda v: v and any("secured" in x for x in v)})
    tap.ok("secret" not in json.dumps(doc), "what is secured is not told", json.dumps(doc))


def unreadable():
    flow, _ = bench.make("unreadable", {"Call": once()},
                         {"Call": refusing(404, "itemNotFound", "gone")})
    run = bench.start(flow, {})
    for kind, fault in (("an expired link", {"status": 403, "count": -1, "body": {
            "error": {"code": "AuthorizationFailed", "message": "The signature has expired."}}}),
                        ("content that breaks off", {"kind": "truncate", "count": -1}),
                        ("content that is no JSON", {"kind": "garbage", "count": -1})):
        bench.t.control("fault", dict(fault, path="*/contents/ActionOutputs*"))
        doc = bench.diagnose(flow, run)
        expect(kind, doc, {"action": {"name": "Call"}, "cause": "not_found",
                           "missing": lambda v: bool(v)})
        bench.t.control("fault/clear", {})


def large():
    for name, reads, want in (
            ("what is read is there", "outputs('Get')?['statusCode']", {
                "confidence": "high", "fixes": bool}),
            ("what is read was cut off", "length(outputs('Get')?['body/value'])", {
                "confidence": "low", "fixes": none})):
        flow, _ = bench.make("large", {"Get": http(), "X": compose(
            "@concat(string(%s), first(split(triggerBody()?['tags'], ';')))" % reads)})
        bench.peculiar(flow, script={"run": {"actions": {"Get": {
            "bytes": 50 << 20, "outputs": {"statusCode": 200, "headers": {}, "body": {
                "value": []}}}}}})
        doc = bench.diagnose(flow, bench.start(flow, {"tags": None}))
        expect("an output of 50 MB: " + name, doc, dict(want, **{
            "action": {"name": "X"}, "cause": "null_in_expression",
            "missing": lambda v: any("only a part" in x for x in v)}))


def german():
    bench.t.set(language="de")
    flow, _ = bench.make("german", {"Call": once()},
                         {"Call": refusing(404, "itemNotFound", "Das Element fehlt.")})
    doc = bench.diagnose(flow, bench.start(flow, {}))
    bench.t.set(language="en")
    expect("a service that answers in German", doc, {
        "cause": "not_found", "error": {"message": "Das Element fehlt."}})


def desktop():
    call = once()
    call["inputs"]["host"] = {"apiId": "/providers/Microsoft.PowerApps/apis/shared_uiflow",
                              "operationId": "RunUIFlow_V2", "connectionName": "shared_uiflow"}
    flow, _ = bench.make("desktop", {"Call": call}, {"Call": {"outputs": {
        "statusCode": 400, "headers": {}, "body": {
            "flowsessionId": "5f3", "machineName": "ROBOT-7", "error": {
                "code": "NoUnlockedActiveSessionForAttended", "message": "No session."}}}}})
    expect("a desktop flow: machine, session and error", bench.diagnose(flow, bench.start(flow, {})), {
        "cause": "service_fault", "desktopFlow": {
            "machineName": "ROBOT-7", "flowsessionId": "5f3",
            "errorCode": "NoUnlockedActiveSessionForAttended"}})


# ---- cases that a vendor's debugging guide tells of, answered in one call

def published():
    flow, definition = bench.make("contains", {"Get": http(), "Each": each("@body('Get')?['value']", {
        "Check": {"type": "If", "expression": {
            "contains": ["@toLower(items('Each')?['who'])", "late"]},
            "actions": {"In": compose("x")}, "else": {"actions": {}}}})}, {
        "Get": answers(200, {"value": [{"ID": 1, "who": "Late"},
                                       {"ID": 2, "who": {"team": {"lead": "Ada"}}}]})})
    run = bench.start(flow, {})
    doc = bench.diagnose(flow, run)
    expect("a nested object crashes contains()", doc, {
        "cause": "type_mismatch", "action": {"name": "Check", "in": ["Each"]},
        "expression": {"bad": "items('Each')?['who']", "type": "Object"},
        "fixes": [{"operations": [{"value": lambda v: "string(items('Each')?['who'])" in v}]}]})
    tap.eq(bench.mend(flow, definition, doc["fixes"][0]["operations"], run), "Succeeded",
           "string() mends it")

    people = [{"ID": i, "Name": None if i % 50 < 19 else "Ada L"} for i in range(50)]
    flow, definition = bench.make("names", {"Get": http(), "First": {"type": "Select", "inputs": {
        "from": "@body('Get')?['value']",
        "select": {"first": "@first(split(item()?['Name'], ' '))"}}}}, {
        "Get": answers(200, {"value": people})})
    run = bench.start(flow, {})
    doc = bench.diagnose(flow, run)
    expect("38 % null names crash split(): told with their share", doc, {
        "cause": "null_in_expression", "expression": {"badItems": 19, "items": 50},
        "summary": lambda v: "19 of 50 items" in v})
    tap.eq(bench.mend(flow, definition, doc["fixes"][0]["operations"], run), "Succeeded",
           "one edit mends all of them")

    flow, _ = bench.make("entry", {"Due": compose("@addDays(triggerBody()?['due'], 14)")})
    expect("data entry, not the flow", bench.diagnose(flow, bench.start(flow, {"due": "31/02/2026"})), {
        "cause": "bad_input_data", "confidence": "high", "fixes": none,
        "expression": {"bad": "triggerBody()?['due']", "value": "31/02/2026"},
        "advice": lambda v: "source" in v})


def changed_since():
    flow, definition = bench.make("changed", {"X": compose("@split(triggerBody()?['t'], ';')")})
    run = bench.start(flow, {"t": None})
    bench.mend(flow, definition, [{"op": "set", "path": ["actions", "X", "description"],
                                   "value": "touched"}], run)
    expect("a flow that was saved after the run", bench.diagnose(flow, run), {
        "flowChangedSince": True, "confidence": "medium", "cause": "null_in_expression"})
    bench.mend(flow, definition, [{"op": "set", "path": ["actions", "X", "inputs"],
                                   "value": "fine now"}], run)
    expect("a failure that the flow as it is now would not have", bench.diagnose(flow, run), {
        "flowChangedSince": True, "confidence": "low", "fixes": none,
        "reasons": lambda v: any("does not fail" in x for x in v)})


# ---- flows that do not start

def not_started():
    def make(name, conditions=None):
        trigger = {"type": "Recurrence", "recurrence": {"frequency": "Hour", "interval": 1}}
        if conditions:
            trigger["conditions"] = conditions
        return bench.make(name, {"X": compose("x")}, trigger={"Poll": trigger})[0]

    def ask(flow):
        return bench.diagnose(flow)
    flow = make("never")
    expect("never called", ask(flow), {"runName": none, "state": "Started", "cause": "none",
                                       "explanation": lambda v: "never called" in v})
    bench.peculiar(flow, checks={"status": "Skipped", "code": "NotModified", "every": 3600})
    expect("nothing new", ask(flow), {"explanation": lambda v: "nothing new" in v})
    flow = make("conditions", [{"expression": "@equals(1, 2)"}])
    bench.peculiar(flow, checks={"status": "Skipped", "code": "TriggerConditionNotMet",
                                 "every": 3600})
    expect("a trigger condition", ask(flow), {
        "cause": "design_error", "explanation": lambda v: "conditions" in v,
        "trigger": {"conditions": [{"expression": "@equals(1, 2)"}]}})
    flow = make("trigger fails")
    bench.peculiar(flow, checks={"status": "Failed", "code": "Unauthorized", "every": 3600,
                                 "error": {"code": "Unauthorized", "message": "sign in"}})
    expect("a trigger that fails", ask(flow), {
        "cause": "connection", "error": {"code": "Unauthorized", "message": "sign in"}})
    bench.t.flow("%s/stop?%s" % (bench.path(flow), API), "POST")
    expect("turned off", ask(flow), {"state": "Stopped",
                                     "explanation": lambda v: "turned off" in v})
    bench.peculiar(flow, suspended="CompanyDlpViolation")
    expect("suspended by a data policy", ask(flow), {
        "state": "Suspended", "cause": "licence_or_dlp",
        "flowSuspensionReason": "CompanyDlpViolation"})


def forecasts():
    flow, _ = bench.make("doomed", {"Call": once()},
                         {"Call": refusing(404, "itemNotFound", "gone")})
    for _ in range(4):
        bench.start(flow, {}, 86400)
    doc = bench.mcp.call("explain_live_flow_state", environmentName=bench.env, flowName=flow)
    expect("four failures in a row", doc, {"state": "Started", "failedInARow": 4,
                                           "willBeSwitchedOff": [{"reason": "every run fails"}],
                                           "next": {"tool": "diagnose_live_flow_run"}})
    bench.peculiar(flow, expanded={
        "throttleData": {"isThrottled": True, "throttledSince": "2026-11-01T00:00:00Z"},
        "estimatedSuspensionData": {"estimatedSuspensionTime": "2026-12-01T00:00:00Z",
                                    "reason": "AlwaysFailingDetected"},
        "licenseData": {"isLicenseAtRisk": True}})
    doc = bench.mcp.call("explain_live_flow_state", environmentName=bench.env, flowName=flow)
    tap.eq([x["reason"] for x in doc["willBeSwitchedOff"]],
           ["AlwaysFailingDetected", "throttled", "licence at risk", "every run fails"],
           "what the platform says it will do, first")


for test in (three_levels, five_thousand, only_the_loop, loop_in_loop, parallel, handled, caught_then_ended,
             ended_on_purpose, cancelled, timed_out, skipped, children, child_by_time, secured, unreadable, large,
             german, desktop, published, changed_since, not_started, forecasts):
    test()
sys.exit(tap.end())

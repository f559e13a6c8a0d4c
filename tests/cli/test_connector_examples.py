#!/usr/bin/env python3
"""Steps that describe_live_connector gives to copy pass the linter; no secret is kept in the cache."""
import json
import os
import subprocess
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from mcphost import Desk
from cli import PROGRAM, check, end

ACTIONS = {"sharepointonline": ["GetItems", "PostItem", "HttpRequest"], "office365": ["SendEmailV2"],
           "teams": ["PostMessageToConversation", "PostCardToConversation"],
           "approvals": ["StartAndWaitForAnApproval"], "sql": ["GetItems_V2"],
           "commondataserviceforapps": ["ListRecords"]}
TRIGGERS = {"sharepointonline": ["GetOnNewItems"], "microsoftforms": ["CreateFormWebhook"],
            "office365": ["OnNewEmailV3"], "commondataserviceforapps": ["SubscribeWebhookTrigger"]}
SECRET = "Bearer q7Zk2vX9mB4nT8wL1cR6yH3jP5sD0fGa"

desk = Desk()
ENV = desk.tenant.environment("Operations")


def describe(connector, *more):
    r = subprocess.run([PROGRAM, "call", "describe_live_connector", "--environment-name", ENV,
                        "--connector-name", connector, "--json", *more],
                       env=desk.home.env(), capture_output=True, text=True)
    return json.loads(r.stdout or "{}")


def flow(connector, trigger, action, source):
    api = "shared_" + connector
    return {"properties": {
        "displayName": "Example", "connectionReferences": {api: {
            "connectionName": "x", "source": source,
            "id": "/providers/Microsoft.PowerApps/apis/" + api}},
        "definition": {
            "$schema": "https://schema.management.azure.com/providers/Microsoft.Logic/schemas/"
                       "2016-06-01/workflowdefinition.json#",
            "contentVersion": "1.0.0.0",
            "parameters": {"$connections": {"type": "Object", "defaultValue": {}},
                           "$authentication": {"type": "SecureObject", "defaultValue": {}}},
            "triggers": {"Start": trigger}, "actions": {"Step": action}}}}


def lint(document):
    path = os.path.join(desk.home.path, "flow.json")
    with open(path, "w") as f:
        json.dump(document, f)
    return subprocess.run([PROGRAM, "lint", "--show", "error", path], env=desk.home.env(),
                          capture_output=True, text=True)


BUTTON = {"type": "Request", "kind": "Button", "inputs": {"schema": {"type": "object", "properties": {}}}}
COMPOSE = {"type": "Compose", "inputs": 1, "runAfter": {}}
for kind, table in (("action", ACTIONS), ("trigger", TRIGGERS)):
    for name, operations in table.items():
        for operation in operations:
            step = describe(name, "--operation-id", operation).get("exampleDefinition", {})
            doc = (flow(name, BUTTON, step, "Invoker") if kind == "action" else
                   flow(name, step, COMPOSE, "Embedded"))
            r = lint(doc)
            check("%s %s of %s" % (kind, operation, name), step and r.returncode == 0,
                  json.dumps(step) + r.stdout)

definition = {"properties": {"displayName": "Leaky", "swagger": {"paths": {"/x": {"get": {
    "operationId": "Get", "summary": "Get", "description": "Try it with " + SECRET}}}}}}
desk.tenant.control("fault", {"path": "*/apis/shared_leaky?*", "status": 200, "body": definition})
shown = describe("leaky", "--operation-id", "Get")
again = describe("leaky", "--operation-id", "Get")
kept = {p: text for p, text in desk.home.files().items() if "/.cache/" in p}
check("a definition with a secret is shown masked, and again from the cache",
      shown.get("operationId") == "Get" and "REDACTED" in json.dumps(shown) and again == shown, shown)
check("the secret is in no file of the cache",
      kept and not [p for p, text in kept.items() if SECRET.split()[1].encode() in text], list(kept))
end()

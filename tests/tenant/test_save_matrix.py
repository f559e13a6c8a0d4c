#!/usr/bin/env python3
"""Every kind of flow, changed in every way: what the tenant has afterwards is what was meant.

The table stands in tests/tenant/README.md.  What the program says is not believed: the flow is
looked at through the control plane, which shows what is kept.
"""
import copy
import json
import os
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from agent import Agent, Refused, World  # noqa: E402
from practice import Tap  # noqa: E402

SP = "/providers/Microsoft.PowerApps/apis/shared_sharepointonline"
SCHEMA = ("https://schema.management.azure.com/providers/Microsoft.Logic/schemas/2016-06-01/"
          "workflowdefinition.json#")
README = os.path.join(os.path.dirname(os.path.abspath(__file__)), "README.md")
tap = Tap()
outcomes = {}
world = World()
agent = Agent(world.home)
ENV = {}
for e in agent.call("list_live_environments"):
    for key, part in (("own", "Jana"), ("prod", "Operations"), ("test", "andbox"), ("default", "default")):
        if part in e["displayName"] or (part == "default" and e["isDefault"]):
            ENV.setdefault(key, e["id"])


def find(env, name):
    for f in agent.call("list_live_flows", environmentName=ENV[env], search=name)["flows"]:
        if f["displayName"] == name:
            return ENV[env], f["id"]
    raise KeyError(name)


LOGICAL = {env: {r["connectionName"]: r["logicalName"] for r in agent.call(
    "list_live_connection_references", environmentName=env)["connectionReferences"]}
           for env in (ENV["prod"], ENV["test"])}

# ---- what is kept, in one form ----

def plain(definition):
    """A definition as it counts: without what the service keeps for itself, one form of hosts."""
    d = copy.deepcopy(definition)
    d.pop("metadata", None)
    connectors = []

    def steps(v):
        for s in (v or {}).values():
            if s.get("type", "").startswith(("OpenApiConnection", "ApiConnection")):
                connectors.append(s)
                s["inputs"].pop("authentication", None)
                host = s["inputs"].get("host", {})
                if "connectionReferenceName" in host:
                    host["connectionName"] = host.pop("connectionReferenceName")
                s["inputs"]["host"] = dict(sorted(host.items()))
            steps(s.get("actions"))
            steps(s.get("else", {}).get("actions"))
            steps(s.get("default", {}).get("actions"))
            for one in s.get("cases", {}).values():
                steps(one.get("actions"))
    steps(d.get("triggers"))
    steps(d.get("actions"))
    if connectors:
        p = d.setdefault("parameters", {})
        p.setdefault("$connections", {"defaultValue": {}, "type": "Object"})
        p.setdefault("$authentication", {"defaultValue": {}, "type": "SecureObject"})
    return d


def binding(reference):
    return (reference.get("connectionReferenceLogicalName") or reference.get("connectionName"),
            reference.get("source"), reference["id"])


def kept(state, stamped=False):
    references = {k: dict(v) for k, v in state["references"].items()}
    for r in references.values():
        if stamped:
            r.pop("connectionReferenceLogicalName", None)
    return {"definition": json.dumps(plain(state["definition"])),
            "references": {k: binding(r) for k, r in references.items()},
            "displayName": state["displayName"], "state": state["state"]}


# ---- the ways to change a flow ----

ADDED = {"type": "Compose", "inputs": {"z": 1, "a": [1.0, "x"]}, "runAfter": {}}


def replace(before):
    d = copy.deepcopy(before["definition"])
    d["actions"]["Added by replace"] = copy.deepcopy(ADDED)
    return {"definition": d}, d


def operations(before):
    d = copy.deepcopy(before["definition"])
    d["actions"]["Added by operations"] = copy.deepcopy(ADDED)
    return {"operations": [{"op": "add", "path": ["actions", "Added by operations"],
                            "value": ADDED}]}, d


def rename(before):
    return {"displayName": before["displayName"] + " (renamed)"}, None


def description(before):
    d = copy.deepcopy(before["definition"])
    text = "Described. Änderung 1."
    if "description" in d:
        d["description"] = text
    else:
        d["description"] = text
    return {"description": text}, d


def references(before):
    """The first reference, put on a new connection of the same connector."""
    for key, r in before["references"].items():
        api = r["id"].rsplit("/", 1)[1]
        name = world.connection(before["env"], api)
        if before["workflow"] and before["env"] == ENV["prod"]:
            LOGICAL[before["env"]][name] = world.reference(api, name)
        return {"connectionReferences": {key: {"connectionName": name, "id": r["id"]}}}, None
    return None, None


WAYS = (replace, operations, rename, description, references)


# ---- the kinds of flows ----

def personal():
    return find("own", "Trial: callback"), {}


def shared():
    env, name = find("prod", "Purchase approval")
    agent.call("set_live_flow_owners", environmentName=env, flowName=name,
               add=["piet.devries@fabrikam.example"])
    return (env, name), {}


def shared_by_another():
    """Its connections are not shared along with it."""
    return find("prod", "Quality report"), {"refused": "connection_forbidden"}


def unmanaged():
    return find("prod", "Customers: create everywhere"), {}


def by_key():
    env, name = find("prod", "Set Dataverse lookups")
    world.post("flow", flow=name, solutionSave="byKey")
    return (env, name), {}


def managed():
    env, name = find("prod", "Order agent: state of an order")
    world.post("flow", flow=name, managed=True)
    return (env, name), {"refused": "not_available"}


def stamped():
    env, name = find("default", "Weekly digest")
    world.post("flow", flow=name, stamp="sent")
    return (env, name), {"stamped": True}


def stamped_for_good():
    env, name = find("default", "Feedback form to list")
    world.post("flow", flow=name, stamp="stored")
    return (env, name), {"refused": "invalid_definition"}


def connections_of(env, api):
    return [c["id"] for c in agent.call("list_live_connections", environmentName=env)["connections"]
            if c["connectorName"] == api and c["statuses"][0]["status"] == "Connected" and
            c["createdBy"]["displayName"] == "Jana Novak"]


def with_definition(env, name, definition, refs):
    world.post("flow", flow=name, edit={"by": "jana", "definition": definition,
                                        "references": refs})


def base(actions, trigger=None):
    return {"$schema": SCHEMA, "contentVersion": "1.0.0.0",
            "parameters": {"$connections": {"defaultValue": {}, "type": "Object"},
                           "$authentication": {"defaultValue": {}, "type": "SecureObject"}},
            "triggers": trigger or {"manual": {"type": "Request", "kind": "Button", "inputs": {
                "schema": {"type": "object", "properties": {}}}}},
            "actions": actions, "outputs": {}}


def connector(key, after=None):
    return {"type": "OpenApiConnection", "metadata": {"operationMetadataId": "11"}, "inputs": {
        "host": {"apiId": SP, "connectionName": key, "operationId": "GetItems"},
        "parameters": {"dataset": "https://x.example", "table": "t", "$top": 5}},
        "runAfter": after or {}}


def aliased():
    env, name = find("prod", "Weekly digest of finance")
    c = connections_of(env, "shared_sharepointonline")[0]
    with_definition(env, name, base({"A": connector("shared_sharepointonline-1"),
                                     "B": connector("sp for lists", {"A": ["Succeeded"]})}),
                    {"shared_sharepointonline-1": {"connectionName": c, "source": "Embedded",
                                                   "id": SP},
                     "sp for lists": {"connectionName": c, "source": "Embedded", "id": SP}})
    return (env, name), {}


def empty_references():
    env, name = find("prod", "Contracts: renew what is due")
    world.post("flow", flow=name, emptyReferences=True)
    return (env, name), {}


def child():
    env, name = find("prod", "Contracts: renew one (child)")
    state = world.flow(name)
    for r in state["references"].values():
        r["source"] = "Invoker"
    with_definition(env, name, state["definition"], state["references"])
    # Runs that another flow starts bring no connection: what is bound anew is the owner's.
    return (env, name), {"rebound": "Embedded"}


def run_only():
    env, name = find("prod", "Request review and approval for a selected file")
    agent.call("set_live_flow_run_only_users", environmentName=env, flowName=name,
               add=["piet.devries@fabrikam.example"])
    state = world.flow(name)
    for r in state["references"].values():
        r["source"] = "Invoker"
    with_definition(env, name, state["definition"], state["references"])
    return (env, name), {}


def foreign_draft():
    env, name = find("test", "Contracts: renew what is due (test)")
    world.post("flow", flow=name, edit={"by": "piet", "draft": True})
    return (env, name), {"refused": "conflict"}


def unpublished():
    env, name = find("prod", "Scans to text, next version")
    return (env, name), {}


def team():
    env, name = find("prod", "Invoices: file and register")
    world.post("flow", flow=name, owner="operations")
    return (env, name), {}


def principal():
    env, name = find("prod", "Exchange rates (failures are handled)")
    world.post("flow", flow=name, owner="deployment")
    return (env, name), {}


def many_actions():
    env, name = find("own", "Trial: prices")
    actions, last = {}, None
    for i in range(498):
        actions["Compose_%03d" % i] = {"type": "Compose", "inputs": i,
                                       "runAfter": {last: ["Succeeded"]} if last else {}}
        last = "Compose_%03d" % i
    c = connections_of(env, "shared_sharepointonline")
    with_definition(env, name, base(actions), {} if not c else {})
    return (env, name), {}


def large():
    env, name = find("prod", "Vacation request")
    c = connections_of(env, "shared_sharepointonline")[0]
    actions = {"Get %d" % i: connector("shared_sharepointonline") for i in range(40)}
    actions["Text"] = {"type": "Compose", "inputs": {"text": "ä\"\\ " * 8000, "n": 12345678901234567890},
                       "runAfter": {}}
    d = base(actions)
    assert len(json.dumps(d)) > 84000
    with_definition(env, name, d, {"shared_sharepointonline": {"connectionName": c, "id": SP,
                                                               "source": "Embedded"}})
    return (env, name), {}


KINDS = (personal, shared, shared_by_another, unmanaged, by_key, managed, stamped, stamped_for_good, aliased,
         empty_references, child, run_only, foreign_draft, unpublished, team, principal,
         many_actions, large)


# ---- one cell ----

def expected(before, arguments, definition, rules):
    want = kept(before, rules.get("stamped"))
    if definition is not None:
        want["definition"] = json.dumps(plain(definition))
    if "displayName" in arguments:
        want["displayName"] = arguments["displayName"]
    for key, given in arguments.get("connectionReferences", {}).items():
        old = before["references"][key]
        same = given.get("connectionName") == old.get("connectionName") or \
            given.get("connectionReferenceLogicalName")
        if same:
            continue
        bound = given["connectionName"]
        if before["workflow"]:
            bound = LOGICAL[before["env"]][bound]
        want["references"][key] = (bound, rules.get("rebound", old["source"]), old["id"])
    return want


def allowed(before, arguments, rules):
    """The refusals that are clear answers here."""
    codes = {rules.get("refused")}
    for given in arguments.get("connectionReferences", {}).values():
        # Bound to a connection that no connection reference of the environment stands for.
        if before["workflow"] and given.get("connectionName") not in LOGICAL[before["env"]]:
            codes.add("not_available")
    return codes


def difference(want, have):
    for k in want:
        if want[k] != have[k]:
            a, b = str(want[k]), str(have[k])
            i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
            return "%s at %d\nwant %s\nhave %s" % (k, i, a[max(0, i - 150):i + 150],
                                                   b[max(0, i - 150):i + 150])
    return "no difference"


def cell(kind, way, env, name, rules):
    before = dict(world.flow(name), env=env)
    label = "%s x %s" % (kind.__name__, way.__name__)
    arguments, definition = way(before)
    outcomes[kind.__name__, way.__name__] = "-"
    if arguments is None:
        tap.ok(True, label + ": the flow has no references")
        return
    try:
        result = agent.call("update_live_flow", environmentName=env, flowName=name, **arguments)
    except Refused as e:
        outcomes[kind.__name__, way.__name__] = e.code
        after = world.flow(name)
        untouched = {k: after[k] for k in after if k not in ("versions",)} == \
            {k: before[k] for k in after if k not in ("versions",)}
        tap.ok(e.code in allowed(before, arguments, rules) and untouched, label + ": refused, untouched",
               "%s\nuntouched: %s\n%s" % (e, untouched, json.dumps(e.document)[:1500]))
        return
    outcomes[kind.__name__, way.__name__] = "kept" if result["updated"] else "same"
    after = world.flow(name)
    want, have = expected(before, arguments, definition, rules), \
        kept(after, rules.get("stamped"))
    tap.ok(("refused" not in rules or result["updated"] == []) and want == have and result["verified"], label,
           "%s\nsaid %s" % (difference(want, have), json.dumps(result)[:900]))


def unchanged(kind, env, name):
    """Reading and saving what was read sends nothing, asks nobody."""
    before, asked = world.flow(name), agent.questions
    flow = agent.call("get_live_flow", environmentName=env, flowName=name)["properties"]
    if "definition" not in flow:
        return
    try:
        r = agent.call("update_live_flow", environmentName=env, flowName=name,
                       definition=flow["definition"],
                       **({"connectionReferences": flow["connectionReferences"]}
                          if flow["connectionReferences"] else {}))
    except Refused as e:
        tap.ok(False, "%s: saved as it was read" % kind.__name__, e)
        return
    tap.ok(r["updated"] == [] and r["diff"] == [] and agent.questions == asked and
           world.flow(name) == before, "%s: saved as it was read, nothing is sent" % kind.__name__,
           r)


only = set(sys.argv[1:])
for kind in KINDS:
    if only and kind.__name__ not in only:
        continue
    (env, name), rules = kind()
    if "refused" not in rules:
        unchanged(kind, env, name)
    for way in WAYS:
        cell(kind, way, env, name, rules)


def table():
    """{(kind, way): outcome} of the table in the README."""
    rows = {}
    with open(README) as f:
        for line in f:
            cells = [c.strip().strip("`") for c in line.strip().strip("|").split("|")]
            if line.startswith("| `") and len(cells) == 2 + len(WAYS):
                rows.update({(cells[0], w.__name__): c for w, c in zip(WAYS, cells[2:])})
    return rows


if not only:
    tap.eq(outcomes, table(), "the table in the README says the same")
    if os.environ.get("PRINT"):
        for kind in KINDS:
            print("# | `%s` | | %s |" % (kind.__name__, " | ".join(
                outcomes[kind.__name__, w.__name__] for w in WAYS)))
agent.end()
world.close()
sys.exit(tap.end())

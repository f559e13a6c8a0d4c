"""rules.py - what must hold for every line an MCP server writes, whatever the conversation is about.

The shapes of results come from the protocol's own JSON schemas (tests/data/mcp).
"""
import json
import os
import re

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "mcp")
META = "io.modelcontextprotocol/"
MODERN = "2026-07-28"
CACHED = ("server/discover", "tools/list", "prompts/list", "resources/list",
          "resources/templates/list", "resources/read")
RESULTS = {
    "server/discover": "DiscoverResult", "initialize": "InitializeResult", "ping": "EmptyResult",
    "tools/list": "ListToolsResult", "tools/call": "CallToolResult",
    "prompts/list": "ListPromptsResult", "prompts/get": "GetPromptResult",
    "resources/list": "ListResourcesResult", "resources/read": "ReadResourceResult",
    "resources/templates/list": "ListResourceTemplatesResult",
    "completion/complete": "CompleteResult", "subscriptions/listen": "SubscriptionsListenResult",
}
NOTES = {
    "notifications/progress": "ProgressNotification",
    "notifications/cancelled": "CancelledNotification",
    "notifications/message": "LoggingMessageNotification",
    "notifications/subscriptions/acknowledged": "SubscriptionsAcknowledgedNotification",
    "notifications/tools/list_changed": "ToolListChangedNotification",
    "notifications/prompts/list_changed": "PromptListChangedNotification",
    "notifications/resources/list_changed": "ResourceListChangedNotification",
    "notifications/resources/updated": "ResourceUpdatedNotification",
}
REQUESTS = {"elicitation/create": "ElicitRequest", "roots/list": "ListRootsRequest",
            "sampling/createMessage": "CreateMessageRequest"}
# What must never be seen outside: tokens, and signatures of callback and content links.
SECRETS = [re.compile(p) for p in (
    r"eyJ[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}", r"\b[01]\.A[A-Za-z0-9_-]{100,}",
    r"sig=[A-Za-z0-9_%-]{40,}", r"Bearer [A-Za-z0-9._~+/-]{20,}")]


class Broken(Exception):
    """A rule was broken."""


def strict(pairs):
    out = {}
    for name, value in pairs:
        if name in out:
            raise ValueError("duplicate member %s" % name)
        out[name] = value
    return out


def no_constant(name):
    raise ValueError("%s is not JSON" % name)


def read_json(line):
    return json.loads(line, object_pairs_hook=strict, parse_constant=no_constant)


# ---- JSON Schema 2020-12, as far as the protocol's schemas use it ----

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_type(name, v):
    if name in ("number", "integer"):
        return (isinstance(v, int) or (isinstance(v, float) and (name == "number" or v == int(v)))
                ) and not isinstance(v, bool)
    return isinstance(v, TYPES[name])


def invalid(schema, v, root, at=""):
    """None, or why `v` does not fit the schema."""
    if schema is True or schema == {}:
        return None
    if "$ref" in schema:
        target = root
        for part in schema["$ref"].lstrip("#/").split("/"):
            target = target[part]
        return invalid(target, v, root, at)
    if "const" in schema and v != schema["const"]:
        return "%s is not %r" % (at, schema["const"])
    if "enum" in schema and v not in schema["enum"]:
        return "%s is not one of %r" % (at, schema["enum"])
    names = schema.get("type")
    names = [names] if isinstance(names, str) else names
    if names and not any(is_type(n, v) for n in names):
        return "%s is not of type %s" % (at, "/".join(names))
    for key, need in (("anyOf", 1), ("oneOf", 1), ("allOf", len(schema.get("allOf", [])))):
        if key in schema:
            whys = [invalid(s, v, root, at) for s in schema[key]]
            if sum(w is None for w in whys) < need:
                return "%s fits none of: %s" % (at or "/", "; ".join(w for w in whys if w)[:300])
    if isinstance(v, dict):
        for name in schema.get("required", []):
            if name not in v:
                return "%s/%s is missing" % (at, name)
        for name, inner in v.items():
            sub = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
            if sub is False:
                return "%s/%s is not allowed" % (at, name)
            why = sub and invalid(sub, inner, root, "%s/%s" % (at, name))
            if why:
                return why
    if isinstance(v, list) and "items" in schema:
        for i, item in enumerate(v):
            why = invalid(schema["items"], item, root, "%s/%d" % (at, i))
            if why:
                return why
    if is_type("number", v) and v < schema.get("minimum", v):
        return "%s is below %s" % (at, schema["minimum"])
    return None


schemas = {}


def check_shape(era, name, v):
    if era not in schemas:
        with open(os.path.join(DATA, "%s.json" % (MODERN if era == "modern" else "2025-11-25"))) as f:
            schemas[era] = json.load(f)
    root = schemas[era]
    if name not in root["$defs"]:
        return
    why = invalid(root["$defs"][name], v, root)
    if why:
        raise Broken("not a %s of the protocol's schema: %s" % (name, why))


# ---- rules for single messages ----

def need(fact, what):
    if not fact:
        raise Broken(what)


def check_secrets(text, known):
    for secret in known:
        need(secret not in text, "a secret of the tenant is in the output")
    for pattern in SECRETS:
        m = pattern.search(text)
        need(not m, "something like a secret is in the output: %.12s..." % (m and m.group()))


def check_result(era, method, result, longest=40):
    if era == "modern":
        kind = result.get("resultType")
        need(kind in ("complete", "input_required"), "resultType is %r" % kind)
        need((META + "serverInfo") in result.get("_meta", {}), "_meta has no serverInfo")
        if kind == "input_required":
            need(method in ("tools/call", "prompts/get", "resources/read"),
                 "input_required from %s" % method)
            need("inputRequests" in result or "requestState" in result, "asks for nothing")
            need("ttlMs" not in result, "ttlMs on input_required")
            check_shape(era, "InputRequiredResult", result)
            return
        if method in CACHED:
            need(isinstance(result.get("ttlMs"), int) and result["ttlMs"] >= 0, "no ttlMs")
            need(result.get("cacheScope") in ("public", "private"), "no cacheScope")
    else:
        for name in ("resultType", "ttlMs", "cacheScope"):
            need(name not in result, "%s in a handshake revision" % name)
    if method in RESULTS:
        check_shape(era, RESULTS[method], result)
    if method == "tools/list":
        for tool in result["tools"]:
            check_tool(tool, longest)
        names = [t["name"] for t in result["tools"]]
        need(len(names) == len(set(names)), "two tools have one name")
        need("nextCursor" not in result, "more than one page")
    if method == "tools/call":
        check_tool_result(result)


def check_tool(tool, longest):
    name, schema = tool["name"], tool["inputSchema"]
    need(re.fullmatch(r"[a-z0-9_]+", name) and len(name) <= longest, "name of tool %s" % name)
    need(0 < len(tool.get("description", "")) < 2048, "description of %s" % name)
    for hint in ("readOnlyHint", "destructiveHint", "idempotentHint", "openWorldHint"):
        need(isinstance(tool.get("annotations", {}).get(hint), bool), "%s of %s" % (hint, name))
    need(schema.get("type") == "object", "inputSchema of %s" % name)
    need(schema.get("additionalProperties") is False, "additionalProperties of %s" % name)
    for param, inner in schema.get("properties", {}).items():
        need(isinstance(inner.get("type"), str), "%s of %s has no type" % (param, name))
    for param in schema.get("required", []):
        need(param in schema["properties"], "required %s of %s" % (param, name))
    if "outputSchema" in tool:
        need(tool["outputSchema"].get("type") == "object", "outputSchema of %s" % name)


def check_tool_result(result):
    content = result["content"]
    if "structuredContent" not in result:
        return
    need(not result.get("isError"), "structuredContent with an error")
    need(content[0]["type"] == "text" and read_json(content[0]["text"]) ==
         result["structuredContent"], "the text block is not the structured content")


def check_error(era, error):
    code = error.get("code")
    need(isinstance(code, int) and isinstance(error.get("message"), str), "not an error object")
    need(not set(error) - {"code", "message", "data"}, "unknown members in an error")
    allowed = {-32700, -32600, -32601, -32602, -32603}
    allowed |= {-32021, -32022} if era == "modern" else {-32002}
    if era is None:
        allowed |= {-32021, -32022, -32002}
    need(code in allowed, "error code %s in era %s" % (code, era))
    if code == -32022:
        need(isinstance(error["data"]["supported"], list) and "requested" in error["data"],
             "data of -32022")
    if code == -32021:
        need(isinstance(error["data"]["requiredCapabilities"], dict), "data of -32021")

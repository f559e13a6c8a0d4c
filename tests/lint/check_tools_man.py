#!/usr/bin/env python3
"""flowlatch-tools(7) against the program: every tool, every parameter, every toolset; and the
budget of tools/list, because a host gives all of it to the model."""
import json
import os
import re
import subprocess
import sys

B = os.environ.get("B", "build")
MOST_TOKENS, MOST_BYTES, MOST_DESCRIPTION = 9000, 36000, 300
STANDARD = set("""
list_live_environments list_live_connections list_live_flows get_live_flow update_live_flow
validate_live_flow describe_live_connector resolve_live_parameters get_live_dynamic_options
get_live_dynamic_properties create_live_connection test_live_connection add_live_flow_to_solution
get_live_flow_runs get_live_flow_run_error get_live_flow_run_action_outputs diagnose_live_flow_run
compare_live_flow_runs wait_for_live_flow_run rehearse_live_flow list_live_trigger_histories
trigger_live_flow set_live_flow_state resubmit_live_flow_run cancel_live_flow_run restore_live_flow
evaluate_expression whoami list_skills tool_search""".split())
VERBS = {"add", "bind", "cancel", "compare", "copy", "create", "delete", "describe", "diagnose",
         "diff", "export", "explain", "find", "get", "import", "keep", "list", "publish", "recover",
         "rehearse",
         "resolve", "respond", "restore", "resubmit", "set", "test", "trigger", "update",
         "validate", "wait"}
bad = []



def offered(*options):
    """The rows by name, as tools/list has them."""
    out = subprocess.run([f"{B}/flowlatch", *options, "tools", "--json"], capture_output=True,
                         text=True, env={"HOME": "/nonexistent"}, check=False).stdout
    return {t["name"]: t for t in json.loads(out)}


tools = offered()
standard = offered("--toolsets", "default")

with open("man/flowlatch-tools.7", encoding="utf-8") as f:
    page = f.read()


def section(title):
    part = page.split(f"\n.Sh {title}\n", 1)
    return part[1].split("\n.Sh ", 1)[0] if len(part) == 2 else ""


def arguments(text):
    """The words of every .Ar and .It Ar."""
    found = set()
    for line in re.findall(r"^\.(?:It )?Ar (.*)$", text, flags=re.M):
        found |= set(re.findall(r"[A-Za-z]\w+", line))
    return found


documented = {}
for block in re.split(r"^\.It Ic (?=\w+$)", section("TOOLS"), flags=re.M)[1:]:
    name, _, text = block.partition("\n")
    if name in documented:
        bad.append(f"{name} is there twice")
    # Results mention parameters too; what is taken stands before them.
    documented[name] = arguments(text.split("\nResult:")[0])

if list(documented) != sorted(documented):
    bad.append("the tools of the page are not sorted")
for name in tools.keys() - documented.keys():
    bad.append(f"{name} is not in the page")
for name in documented.keys() - tools.keys():
    bad.append(f"the page has {name}, which is not listed")
for name in tools.keys() & documented.keys():
    takes = set(tools[name]["inputSchema"]["properties"])
    for p in sorted(takes - documented[name]):
        bad.append(f"{name}: {p} is not in the page")
    for p in sorted(documented[name] - takes):
        bad.append(f"{name}: the page has {p}, which it does not take")

common = arguments("\n".join(re.findall(r"^\.It Ar .*$", section("ARGUMENTS"), flags=re.M)))
for name, t in tools.items():
    text = next((b for b in re.split(r"^\.It Ic (?=\w+$)", section("TOOLS"), flags=re.M)
                 if b.startswith(name + "\n")), "")
    explained = arguments("\n".join(re.findall(r"^\.It Ar .*$", text, flags=re.M)))
    for p in t["inputSchema"]["properties"]:
        if p not in common | explained:
            bad.append(f"{name}: {p} is named, but not explained")
    if len(t["description"]) >= MOST_DESCRIPTION:
        bad.append(f"{name}: the description has {len(t['description'])} characters")
    for p, schema in t["inputSchema"]["properties"].items():
        if "type" not in schema or "description" not in schema:
            bad.append(f"{name}: {p} has no type or no description")

sets = set()
for line in re.findall(r"^\.It Cm (\w+)$", section("TOOLSETS"), flags=re.M):
    part = section("TOOLSETS").split(f".It Cm {line}\n", 1)[1].split("\n.It Cm", 1)[0]
    want = set(re.findall(r"[a-z]+_[a-z_]+|whoami", part))
    have = set(offered("--toolsets", line))
    meta = {"list_skills", "tool_search", "whoami"}
    if (have if line in ("meta", "default") else have - meta) != want:
        bad.append(f"toolset {line} has {sorted(have - meta)}, the page says {sorted(want)}")
    sets |= want if line != "default" else set()
for name in tools.keys() - sets:
    bad.append(f"{name} is in no toolset of the page")

if set(standard) != STANDARD & tools.keys():
    bad.append(f"by default there are {sorted(set(standard) ^ (STANDARD & tools.keys()))}")
for name in tools.keys() - {"whoami", "evaluate_expression", "tool_search", "list_skills"}:
    words = name.split("_")
    if words[0] not in VERBS or "live" not in words:
        bad.append(f"{name} is not verb_live_...")

text = json.dumps(list(standard.values()), separators=(",", ":"), ensure_ascii=False)
# About four bytes of such JSON are a token.
tokens = len(text) / 4
if len(text.encode()) > MOST_BYTES:
    bad.append(f"tools/list has {len(text.encode())} bytes, {MOST_BYTES} are allowed")
if tokens > MOST_TOKENS:
    bad.append(f"tools/list has about {tokens:.0f} tokens, {MOST_TOKENS} are allowed")

print("\n".join(bad) if bad else
      f"{len(tools)} tools; {len(standard)} by default, about {tokens:.0f} tokens of "
      f"{MOST_TOKENS}")
sys.exit(bool(bad))

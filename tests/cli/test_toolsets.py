#!/usr/bin/env python3
"""What a host is offered: by default the tools that most sessions need, within a budget, because
all of tools/list is read by a model in every session; by toolsets the others.  Needs no tenant."""
import json
import subprocess

from cli import check, end, run, Home, PATIENCE, PROGRAM

STANDARD = set("""
list_live_environments list_live_connections list_live_flows get_live_flow update_live_flow
validate_live_flow describe_live_connector resolve_live_parameters get_live_dynamic_options
get_live_dynamic_properties create_live_connection test_live_connection add_live_flow_to_solution
get_live_flow_runs get_live_flow_run_error get_live_flow_run_action_outputs diagnose_live_flow_run
compare_live_flow_runs wait_for_live_flow_run rehearse_live_flow list_live_trigger_histories
trigger_live_flow set_live_flow_state resubmit_live_flow_run cancel_live_flow_run restore_live_flow
evaluate_expression whoami list_skills tool_search""".split())
BYTES = 36000
META = {"whoami", "list_skills", "tool_search"}
home = Home()


def offered(*options, **variables):
    """The answer to tools/list: its text and its rows by name."""
    lines = [{"id": 1, "method": "initialize", "params": {
                 "protocolVersion": "2025-11-25", "capabilities": {},
                 "clientInfo": {"name": "test", "version": "1"}}},
             {"method": "notifications/initialized"}, {"id": 2, "method": "tools/list"}]
    text = "".join(json.dumps({"jsonrpc": "2.0", **x}) + "\n" for x in lines)
    out = subprocess.run([PROGRAM, "serve", "--drain", *options], input=text, text=True,
                         capture_output=True, env=home.env(**variables), timeout=PATIENCE,
                         check=False).stdout
    for line in out.splitlines():
        answer = json.loads(line)
        if answer.get("id") == 2:
            return line, {t["name"]: t for t in answer["result"]["tools"]}
    return "", {}


everything = {t["name"]: t for t in run("tools", "--json").json()}
line, standard = offered()
check("by default only the default tools are offered", standard and standard.keys() <= STANDARD,
      sorted(standard.keys() - STANDARD))
check("and all of those that there are", standard.keys() >= STANDARD & everything.keys(),
      sorted((STANDARD & everything.keys()) - standard.keys()))
check(f"tools/list stays under {BYTES} bytes", len(line.encode()) < BYTES, len(line.encode()))
check("the default can be asked for", offered("--toolsets", "default")[0] == line)
check("also by a variable", offered(FLOWLATCH_TOOLSETS="default")[0] == line)
check("all offers the rest", offered("--toolsets", "all")[1].keys() == everything.keys())

# ---- sets ----

r = run("tools")
rows = [x.split()[:4] for x in r.out.splitlines()[1:]]
sets = {}
for name, toolset, _, default in rows:
    sets.setdefault(toolset, set()).add(name)
    check(f"{name}: the table says whether it is offered by default",
          (default == "yes") == (name in STANDARD), default)
for toolset, names in sorted(sets.items()):
    check(f"--toolsets {toolset} offers these and meta",
          offered("--toolsets", toolset)[1].keys() == names | META)
    check(f"--toolsets default,{toolset} adds these",
          offered("--toolsets", f"default,{toolset}")[1].keys() == names | standard.keys())

# ---- a person at the command line has all of them ----

r = run("call", "list_live_solutions", "--help")
check("call knows tools that hosts are not offered", r.code == 0 and "--search" in r.out, r)
r = run("call", "list_live_solutions", "--toolsets", "default")
check("unless toolsets were chosen", r.code == 2 and "toolset solution" in r.err, r)

# ---- names and descriptions ----

for name, t in sorted(everything.items()):
    annotations = t["annotations"]
    if annotations["readOnlyHint"] or name in ("apply_plan",):
        continue
    text = t["description"]
    check(f"{name} says whether a person is asked",
          any(word in text for word in ("person", "asks", "asked", "approval")), text)
end()

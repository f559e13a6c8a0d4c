#!/usr/bin/env python3
"""flowlatch-tools(7) against the program: every tool, every parameter, every toolset; and the
budget of tools/list, because a host gives all of it to the model."""
import json
import os
import re
import subprocess
import sys

B = os.environ.get("B", "build")
MOST_TOKENS, MOST_DESCRIPTION = 9000, 300
bad = []

out = subprocess.run([f"{B}/flowlatch", "tools", "--json"], capture_output=True, text=True,
                     env={"HOME": "/nonexistent"}, check=False).stdout
tools = {t["name"]: t for t in json.loads(out)}

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
    one = subprocess.run([f"{B}/flowlatch", "--toolsets", line, "tools", "--json"],
                         capture_output=True, text=True, env={"HOME": "/nonexistent"},
                         check=False).stdout
    part = section("TOOLSETS").split(f".It Cm {line}\n", 1)[1].split("\n.It Cm", 1)[0]
    want = set(re.findall(r"[a-z]+_[a-z_]+|whoami", part))
    have = {t["name"] for t in json.loads(one)} - (sets if line == "meta" else set())
    meta = {"list_skills", "tool_search", "whoami"}
    if (have if line == "meta" else have - meta) != want:
        bad.append(f"toolset {line} has {sorted(have - meta)}, the page says {sorted(want)}")
    sets |= want
for name in tools.keys() - sets:
    bad.append(f"{name} is in no toolset of the page")

tokens = len(json.dumps(list(tools.values()), separators=(",", ":"))) / 3.5
if tokens > MOST_TOKENS:
    bad.append(f"tools/list has about {tokens:.0f} tokens, {MOST_TOKENS} are allowed")

print("\n".join(bad) if bad else
      f"{len(tools)} tools, about {tokens:.0f} tokens of {MOST_TOKENS}")
sys.exit(bool(bad))

#!/usr/bin/env python3
"""flowlatch(1) against the program: commands, options with their sentences, exit codes."""
import os
import re
import subprocess
import sys

B = os.environ.get("B", "build")
bad = []


def program(*args):
    p = subprocess.run([f"{B}/flowlatch", *args], capture_output=True, text=True,
                       env={"HOME": "/nonexistent", "COLUMNS": "2000"}, check=False)
    return p.stdout


def plain(text):
    """Roff to plain words."""
    text = text.replace("\\(dq", '"').replace("\\-", "-").replace("\\(aq", "'").replace("\\&", "")
    return re.sub(r"\s+", " ", text).strip()


def items(page, title):
    """{option: sentence} of the `.It Fl -name` items of a section."""
    part = page.split(title, 1)[1]
    part = re.split(r"^\.S[sh] ", part, maxsplit=1, flags=re.M)[0]
    found = {}
    for block in part.split("\n.It Fl -")[1:]:
        head, _, rest = block.partition("\n")
        lines = []
        for line in rest.split("\n"):
            if line.startswith("."):
                break
            lines.append(line)
        found[head.split()[0]] = plain(" ".join(lines))
    return found


def options(help_text):
    """{option: sentence} as --help prints them."""
    found = {}
    name = None
    for line in help_text.split("\n"):
        m = re.match(r"  --([\w-]+)( .*)?$", line)
        if m:
            name = m.group(1)
            found[name] = ""
        elif name and line.startswith("      "):
            found[name] = plain(found[name] + " " + line)
        else:
            name = None
    return found


with open("man/flowlatch.1", encoding="utf-8") as f:
    manual = f.read()

text = program("help")
commands = re.findall(r"^  ([a-z-]+) {2,}\S", text.split("options,")[0], flags=re.M)
if len(commands) < 4:
    bad.append("flowlatch help lists no commands")
for command in commands:
    if not re.search(rf"^\.It Cm {command}\b", manual, flags=re.M):
        bad.append(f"the command {command} is not in flowlatch(1)")
for command in re.findall(r"^\.It Cm ([\w-]+)", manual, flags=re.M):
    if command not in commands:
        bad.append(f"flowlatch(1) has a command {command} that does not exist")


def same(what, have, want):
    for name in want.keys() - have.keys():
        bad.append(f"{what}: --{name} is not in flowlatch(1)")
    for name in have.keys() - want.keys():
        bad.append(f"{what}: flowlatch(1) has --{name}, which does not exist")
    for name in have.keys() & want.keys():
        a, b = have[name].rstrip("."), want[name].rstrip(".")
        if a[:1].lower() + a[1:] != b[:1].lower() + b[1:]:
            bad.append(f"{what}: --{name} is explained differently:\n  {a}\n  {b}")


shared = options(text)
same("options", items(manual, ".Ss Options"), shared)
for command in commands:
    if command == "help":
        continue
    own = options(program("help", command))
    part = re.split(rf"\n\.It Cm {command}\b", manual)[1].split("\n.It Cm ", 1)[0]
    have = set(re.findall(r"^\.It Fl -([\w-]+)", part.split(".Ss Options")[0], flags=re.M))
    for name in own.keys() ^ have:
        bad.append(f"{command}: --{name} is in one of --help and flowlatch(1) only")

with open("src/front/cli.h", encoding="utf-8") as f:
    codes = set(re.findall(r"^\tEXIT_\w+ = (\d+),", f.read(), flags=re.M))
part = manual.split(".Sh EXIT STATUS", 1)[1].split("\n.Sh ", 1)[0]
documented = set(re.findall(r"^\.It (\d+)$", part, flags=re.M))
if codes != documented:
    bad.append(f"exit codes differ: {sorted(codes)} in cli.h, {sorted(documented)} in the page")

print("\n".join(bad) if bad else f"{len(commands)} commands, {len(shared)} options")
sys.exit(bool(bad))

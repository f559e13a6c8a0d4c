#!/usr/bin/env python3
"""flowlatch-lint-rules(7) is printed from the rows of the linter: the page is exactly what they
say.  With --write, writes the page."""
import datetime
import json
import os
import re
import subprocess
import sys
import textwrap

B = os.environ.get("B", "build")
PAGE = "man/flowlatch-lint-rules.7"
FAMILIES = {
    "STR": "The structure: members, types, names",
    "GRF": "The order of actions",
    "REF": "References to actions, loops, variables and parameters",
    "EXP": "Expressions",
    "TRG": "Triggers and responses",
    "CON": "Connectors and connection references",
    "LIM": "The documented limits of the service",
    "PRF": "What makes a flow slow or wasteful",
    "QUA": "What makes it hard to keep",
    "SEC": "Secrets and where data goes",
}


def lint(*words):
    out = subprocess.run([f"{B}/flowlatch", "lint", *words, "--json"], capture_output=True, text=True,
                         env={"HOME": "/nonexistent"}, check=True).stdout
    return json.loads(out)


def text(s):
    """Lines of a page: short, and with nothing in them that mdoc would take for its own."""
    if re.match(r"[a-z]+ ", s):
        s = s[0].upper() + s[1:]
    s = s.replace("\\", "\\e").replace("-", "\\-").replace("()", "\\&()")
    return [("\\&" if x[0] in ".'" else "") + x for x in textwrap.wrap(s, 76)]


def page(rules, date):
    lines = [
        '.\\" SPDX-License-Identifier: MIT', f".Dd {date}", ".Dt FLOWLATCH-LINT-RULES 7", ".Os",
        ".Sh NAME", ".Nm flowlatch-lint-rules", ".Nd the rules that flowlatch lint checks",
        ".Sh DESCRIPTION",
        f"{len(rules)} rules, each with its severity and its source.",
        "A finding may be milder than its rule where the flow may be meant so.",
        ".Nm flowlatch Cm lint Fl -explain Ar RULE",
        "prints a rule with a wrong and a right example.",
        ".Pp",
        "A rule that names what it needs is not checked in a definition alone.",
        "This page is printed from the rules themselves.",
    ]
    for family, title in FAMILIES.items():
        lines += [f".Ss {title}", ".Bl -tag -width STR00"]
        for r in rules:
            if not r["rule"].startswith(family):
                continue
            lines += [f".It Sy {r['rule']} Pq {r['severity']}", *text(r["summary"] + ".")]
            if r.get("mendedBySaving"):
                lines += text("Saving the flow puts it right, and it never changes the exit status.")
            if "needs" in r:
                lines += text(("Not checked here: " if r["checked"] else "Not checked: ")
                              + r["needs"] + ".")
            lines += text("Source: " + r["source"] + ".")
        lines.append(".El")
    lines += [".Sh SEE ALSO", ".Xr flowlatch-lint 1"]
    return "\n".join(lines) + "\n"


rules = [lint("--explain", r["rule"]) for r in lint("--rules")]
if sys.argv[1:] == ["--write"]:
    today = datetime.date.today()
    with open(PAGE, "w", encoding="utf-8") as f:
        f.write(page(rules, today.strftime(f"%B {today.day}, %Y")))
    sys.exit(0)
with open(PAGE, encoding="utf-8") as f:
    have = f.read()
date = next(x[4:] for x in have.splitlines() if x.startswith(".Dd "))
bad = [f"{r['rule']} has no family" for r in rules if r["rule"][:3] not in FAMILIES]
if have != page(rules, date):
    wanted = page(rules, date).splitlines()
    bad += [f"{PAGE}: {a!r} should be {b!r}" for a, b in zip(have.splitlines(), wanted) if a != b][:3]
    bad.append(f"{PAGE} is not what the rules say: run {sys.argv[0]} --write")
for line in bad:
    print(line)
if not bad:
    print(f"{len(rules)} rules")
sys.exit(bool(bad))

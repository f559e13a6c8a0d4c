#!/usr/bin/env python3
"""flowlatch-rules(7) is what the rows of the linter say.

    check_rules_man.py            compares
    check_rules_man.py --write    writes the page from the rows
"""
import json
import os
import subprocess
import sys
import textwrap

PAGE = "man/flowlatch-rules.7"
B = os.environ.get("B", "build")

GROUPS = {
    "STR": "Structure",
    "GRF": "Order of actions",
    "REF": "References",
    "EXP": "Expressions",
    "TRG": "Triggers and responses",
    "CON": "Connectors and connection references",
    "LIM": "Limits of the service",
    "PRF": "Speed and cost",
    "QUA": "Upkeep",
    "SEC": "Secrets, and where data goes",
}

HEAD = r'''.\" SPDX-License-Identifier: MIT
.\" Written by tests/lint/check_rules_man.py --write from the rows of the linter.
.Dd November 22, 2026
.Dt FLOWLATCH-RULES 7
.Os
.Sh NAME
.Nm flowlatch-rules
.Nd what flowlatch lint asks of a flow
.Sh DESCRIPTION
The rules of
.Xr flowlatch-lint 1 ,
each with the severity of most of its findings; a finding may be milder.
A rule marked
.Qq mended
is put right when
.Nm flowlatch
saves a flow, and never changes an exit status.
.Pp
.Dl $ flowlatch lint --explain REF03
.Pp
prints a rule with a wrong and a right example.
'''

TAIL = r'''.Sh SEE ALSO
.Xr flowlatch-lint 1 ,
.Xr flowlatch-tools 7
'''


def rules():
    p = subprocess.run([f"{B}/flowlatch", "lint", "--rules", "--json"], capture_output=True,
                       text=True, check=True, env={"HOME": "/nonexistent"})
    return json.loads(p.stdout)


def roff(text):
    """Lines of a sentence that roff does not take for anything else."""
    text = text.replace("\\", "\\e").replace("'", "\\(aq").replace("-", "\\-")
    text = text.replace("()", "\\&()")  # mandoc would have functions marked up
    return [("\\&" if line.startswith((".", "'")) else "") + line
            for line in textwrap.wrap(text + ".", 76, break_on_hyphens=False)]


def page(rows):
    out = [HEAD.rstrip("\n")]
    for group, title in GROUPS.items():
        mine = [r for r in rows if r["rule"].rstrip("0123456789") == group]
        if not mine:
            continue
        out += [f".Ss {title} ({group})", ".Bl -tag -width Ds"]
        for r in sorted(mine, key=lambda r: r["rule"]):
            out.append(f".It Sy {r['rule']} Pq {r['severity']}"
                       f"{', mended' if r.get('mended') else ''}")
            out += roff(r["summary"])
        out.append(".El")
    return "\n".join(out) + "\n" + TAIL


def main():
    rows = rules()
    strange = {r["rule"] for r in rows} - {r["rule"] for r in rows
                                           if r["rule"].rstrip("0123456789") in GROUPS}
    if strange:
        print(f"rules of an unknown group: {sorted(strange)}")
        return 1
    want = page(rows)
    if "--write" in sys.argv:
        with open(PAGE, "w", encoding="ascii") as f:
            f.write(want)
    with open(PAGE, encoding="ascii") as f:
        have = f.read()
    if have != want:
        print(f"{PAGE} is not what the rows say: run tests/lint/check_rules_man.py --write")
        return 1
    print(f"{len(rows)} rules")
    return 0


if __name__ == "__main__":
    sys.exit(main())

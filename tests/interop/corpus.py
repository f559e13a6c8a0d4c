#!/usr/bin/env python3
"""corpus.py FOLDER... - how quiet flowlatch lint is on flows that are known to run.

Lints every flow below the folders and prints, for each rule, how often it spoke.  Passes when
there is no error and at most one warning per 20 actions, but for the findings that are listed with
a reason in tests/data/corpus-findings.tsv (file name, rule, pointer, why).  tests/data/corpus.tsv
names the public flows that were used; each can be had from
https://github.com/REPOSITORY/blob/COMMIT/PATH, and its name in the folder is the first column.
"""
import collections
import csv
import json
import os
import subprocess
import sys

B = os.environ.get("B", "build")
LISTED = os.path.join(os.path.dirname(__file__), "..", "data", "corpus-findings.tsv")


def listed():
    """{(file name, rule, pointer)} that have a reason."""
    with open(LISTED, encoding="utf-8", newline="") as f:
        rows = list(csv.reader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    for row in rows[1:]:
        if len(row) != 4 or not all(row):
            sys.exit(f"{LISTED}: not four columns: {row}")
    return {tuple(row[:3]) for row in rows[1:]}


def main(folders):
    p = subprocess.run([f"{B}/flowlatch", "lint", "--json", *folders], capture_output=True,
                       text=True, check=False)
    sys.stderr.write(p.stderr)
    if p.returncode not in (0, 1):
        return 2
    known = listed()
    reports = json.loads(p.stdout)
    actions = sum(r["actions"] for r in reports)
    spoken = collections.Counter()
    new = {"errors": 0, "warnings": 0}
    warnings = 0
    for r in reports:
        name = os.path.basename(r["file"])
        for severity in ("errors", "warnings", "infos"):
            for f in r[severity]:
                spoken[severity, f["rule"]] += 1
                warnings += severity == "warnings"
                key = (name, f["rule"], f["pointer"])
                if severity == "infos" or key in known:
                    continue
                new[severity] += 1
                print("\t".join((name, f["rule"], f["pointer"], f["message"])))
    for (severity, rule), n in sorted(spoken.items()):
        print(f"{severity[:-1]:8} {rule:6} {n}")
    allowed = actions // 20
    good = new["errors"] == 0 and warnings <= allowed and len(reports) > 0
    print(f"{len(reports)} flows, {actions} actions: {new['errors']} errors without a reason, "
          f"{warnings} warnings ({new['warnings']} without a reason), {allowed} allowed: "
          f"{'good' if good else 'NOT GOOD'}")
    return 0 if good else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))

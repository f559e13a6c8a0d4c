#!/usr/bin/env python3
"""check_promises.py - each test that SECURITY.md and flowlatch-security(7) lean on is there."""
import os
import re
import sys

PAGES = ["SECURITY.md", "man/flowlatch-security.7"]
NAME = re.compile(r"[\w./-]*\b(?:test|fuzz|gate|forms|claude)_?[\w-]*\.(?:c|py|sh|talk|mjs)\b")


def places(name):
    if "/" in name:
        return os.path.exists(name)
    return any(name in files for _, _, files in os.walk("tests")) or \
        any(name in files for _, _, files in os.walk("src"))


def main():
    count, missing = 0, []
    for page in PAGES:
        with open(page, encoding="utf-8") as f:
            names = set(NAME.findall(f.read()))
        count += len(names)
        missing += ["%s: %s is not there" % (page, n) for n in sorted(names) if not places(n)]
        if len(names) < 5:
            missing.append("%s: names only %d tests" % (page, len(names)))
    for line in missing:
        print(line)
    print("%d tests are named" % count)
    return bool(missing)


sys.exit(main())

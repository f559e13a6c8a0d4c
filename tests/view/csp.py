#!/usr/bin/env python3
"""csp.py [--write] - the Content-Security-Policy of the views names their script and style by
SHA-256, so nothing else in the page can run.  Says whether that is so; --write makes it so."""
import base64
import glob
import hashlib
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def digest(text):
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def right(page):
    for tag, directive in (("script", "script-src"), ("style", "style-src")):
        body = re.search(r"<%s>(.*?)</%s>" % (tag, tag), page, re.S).group(1)
        page = re.sub(r"%s '[^']*'" % directive, "%s '%s'" % (directive, digest(body)), page)
    return page


def main():
    bad = 0
    for path in sorted(glob.glob(os.path.join(ROOT, "src/front/view/*.html"))):
        with open(path, encoding="utf-8") as f:
            page = f.read()
        if page == right(page):
            continue
        if "--write" in sys.argv:
            with open(path, "w", encoding="utf-8") as f:
                f.write(right(page))
        else:
            print("%s: the policy does not name this script and style: tests/view/csp.py --write"
                  % os.path.relpath(path, ROOT))
            bad = 1
    return bad


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""The redactor's patterns against Python's re, on mutations of what they should and should not find.

MUTATIONS (4000) says how many; make torture does a million.  Seed in SEED.  Prints TAP.
"""
import base64
import csv
import json
import os
import random
import re
import subprocess
import sys

B = os.environ.get("B", "build")
COUNT = int(os.environ.get("MUTATIONS", "4000"))
SEED = int(os.environ.get("SEED", "1"))
GLUE = [" ", "\n", '"', "'", "\\", "&", "?", "=", ":", ";", "%3d", "\\u003d", "\\u0026", "@", "@{x}",
        "[", "]", "{", "}", "<", ",", "/", "eyJ", "sig=", "Bearer ", "password", "token", "key"]


def rules():
    with open("tests/data/redaction-rules.csv", newline="", encoding="utf-8") as f:
        return list(csv.DictReader(f))


def user_and_password(value):
    text = value.split(b"=")[0]
    try:
        raw = base64.b64decode(text + b"=" * (-len(text) % 4))
    except ValueError:
        # A single left-over character holds no byte.
        raw = base64.b64decode(text[:-1] + b"=" * (-(len(text) - 1) % 4))
    return b":" in raw and all(c in b"\t\n\r" or (c >= 32 and c != 127) for c in raw)


def passes(check, value):
    if check == "not_workflow_expression":
        return not ((len(value) > 1 and value[:1] == b"@" and value[1:2] != b"@") or b"@{" in value)
    if check == "b64_decodes_to_text_with_colon":
        return user_and_password(value)
    return True


def needed(row):
    """Links are only read as share links near what marks one; all others stand for themselves."""
    if row["name"] == "approval_or_share_link_token":
        return re.compile(rb"tempauth|docaccesstoken|ocid|/:[xbfw]:/", re.I)
    return None


def find(compiled, text):
    found = []
    for row, pattern, need in compiled:
        if need and not need.search(text):
            continue
        at = 0
        while at < len(text):
            m = pattern.search(text, at)
            # A match may begin at the very end; it holds nothing.
            if not m or m.start() >= len(text):
                break
            begin, end = m.span(1)
            value = text[begin:end]
            if end > begin and passes(row["validator"], value) and \
                    value not in (b"true", b"false", b"null"):
                found.append((begin, end, row["name"]))
            endless = row["name"] == "pem_private_key"
            at = end if end > m.start() and not endless else m.start() + 1
    return " ".join("%s:%d-%d" % (n, b, e) for b, e, n in sorted(found))


def mutate(rng, pool):
    text = rng.choice(pool)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 6))):
        at = rng.randrange(len(text) + 1)
        to = min(len(text), at + rng.choice((0, 1, 1, 2, 8, 40)))
        other = rng.choice(pool)
        cut = rng.randrange(len(other) + 1)
        text = text[:at] + rng.choice((
            "", rng.choice(GLUE), rng.choice(GLUE), chr(rng.randrange(32, 127)), text[at:to] * 2,
            other[cut:cut + rng.randrange(60)], text[at:to].swapcase())) + text[to:]
    if rng.random() < 0.2:
        text += rng.choice(GLUE) + rng.choice(pool)
    return text[:2000].replace("[REDACTED:", "")


def main():
    rng = random.Random(SEED)
    all_rows = rules()
    compiled = []
    for row in all_rows:
        if row["kind"] == "regex" and row["tier"] != "C":
            source = row["regex_or_structural_rule"].encode()
            compiled.append((row, re.compile(source), needed(row)))
    pool = [r[c] for r in all_rows for c in ("example_positive_synthetic",
                                             "example_near_miss_negative") if r[c].isascii()]
    probe = subprocess.Popen([os.path.join(B, "tests/torture/redact_probe")], text=True,
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    different, hits = [], 0
    for start in range(0, COUNT, 200):
        texts = [mutate(rng, pool) for _ in range(min(200, COUNT - start))]
        probe.stdin.write("".join(json.dumps(t) + "\n" for t in texts))
        probe.stdin.flush()
        for text in texts:
            have, want = probe.stdout.readline().rstrip("\n"), find(compiled, text.encode())
            hits += bool(want)
            if have != want:
                different.append((text, have, want))
        if len(different) > 20:
            break
    probe.stdin.close()
    code = probe.wait()
    print("1..2")
    for text, have, want in different[:10]:
        print("# %r\n#   here:   %s\n#   Python: %s" % (text, have, want))
    print("%sok 1 - %d mutations, %d with a hit, the same as Python's re (seed %d)"
          % ("not " if different or code else "", COUNT, hits, SEED))
    print("%sok 2 - at least a quarter of them hold something" % ("" if hits * 4 > COUNT else "not "))
    return 1 if different or code else 0


if __name__ == "__main__":
    sys.exit(main())

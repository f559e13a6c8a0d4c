#!/usr/bin/env python3
"""flowlatch.conf(5) against the table of settings: every key in the table's order, with its
sentence, values, default, environment variable and option."""
import re
import sys

bad = []


def join(literal):
    """A C string: adjacent literals are one."""
    return "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', literal))


with open("src/base/limits.h", encoding="utf-8") as f:
    limits = dict(re.findall(r"^#define (LIMIT_\w+) (\d+)$", f.read(), flags=re.M))
with open("src/work/conf_keys.c", encoding="utf-8") as f:
    source = f.read()
table = source.split("conf_keys[] = {", 1)[1].split("\n};", 1)[0]
rows = []
for block in re.findall(r"^\t\{\n(.*?)^\t\},$", table, flags=re.M | re.S):
    row = {k: join(v) for k, v in re.findall(
        r'\.(\w+) = ((?:"(?:[^"\\]|\\.)*"\s*)+)', block)}
    row["type"] = re.search(r"\.type = CONF_(\w+)", block).group(1)
    row["global"] = ".global = true" in block
    m = re.search(r"\.otherwise = TO_TEXT\((\w+)\)", block)
    if m:
        row["otherwise"] = limits[m.group(1)]
    m = re.search(r"\.min = (\d+)", block)
    if m:
        most = re.search(r"\.max = (\w+)", block).group(1)
        row["range"] = f"{m.group(1)} to {limits.get(most, most)}"
    rows.append(row)
if len(rows) != table.count(".name = ") or len(rows) < 20:
    bad.append(f"cannot read the table: {len(rows)} rows")

with open("man/flowlatch.conf.5", encoding="utf-8") as f:
    page = f.read()


def plain(text):
    text = text.replace("\\(dq", '"').replace("\\-", "-").replace("\\(aq", "'").replace("\\&", "")
    return re.sub(r"\s+", " ", text).strip()


def facts(block):
    """What an item says: its sentence and its marked facts."""
    head, _, rest = block.partition("\n")
    found = {"name": head.split()[0], "values": " ".join(head.split()[1:])}
    sentence = []
    for line in rest.split("\n"):
        if line.startswith(".") or re.match(r"(Default|Variable):", line):
            break
        sentence.append(line)
    found["help"] = plain(" ".join(sentence))
    for key, mark in (("otherwise", r"^Default:\n\.Cm (\S+)"), ("variable", r"^\.Ev (FLOWLATCH_\w+)"),
                      ("option", r"^\.Fl -([\w-]+)")):
        m = re.search(mark, rest, flags=re.M)
        if m:
            found[key] = m.group(1)
    return found


def items(title):
    part = page.split(f"\n.Ss {title}\n", 1)
    if len(part) != 2:
        bad.append(f"there is no subsection {title}")
        return []
    part = re.split(r"^\.S[sh] ", part[1], maxsplit=1, flags=re.M)[0]
    return [facts(b) for b in re.split(r"\n\.It Cm (?=\w+ No = )", part)[1:]]


VALUES = {
    "TEXT": "Ar text", "NAME": "Ar name", "UUID": "Ar uuid", "TENANT": "Ar tenant",
    "BOOL": "Cm yes | no", "PATH": "Ar path", "URL": "Ar url", "PROXY": "Ar url | Cm none",
    "LIST": "Ar list", "HOSTS": "Ar list", "INT": "Ar number",
}
for title, is_global in (("Global keys", True), ("Keys of a profile", False)):
    want = [r for r in rows if r["global"] == is_global]
    have = items(title)
    if [h["name"] for h in have] != [r["name"] for r in want]:
        names = {h["name"] for h in have}
        for r in want:
            if r["name"] not in names:
                bad.append(f"{r['name']} is not in the page")
        for name in names - {r["name"] for r in want}:
            bad.append(f"the page has {name}, which is no key ({title})")
        if not bad:
            bad.append(f"{title}: not in the table's order")
        continue
    for h, r in zip(have, want):
        for key in ("help", "otherwise", "variable", "option"):
            if h.get(key) != r.get(key):
                bad.append(f"{r['name']}: {key} is '{h.get(key)}' in the page, '{r.get(key)}' in the table")
        values = ("Cm " + r["choices"].replace(" ", " | ")) if r["type"] == "CHOICE" else VALUES[r["type"]]
        if h["values"] != f"No = {values}":
            bad.append(f"{r['name']}: '{h['values']}' in the page, 'No = {values}' by the table")
        if "range" in r and r["range"] not in page:
            bad.append(f"{r['name']}: the page does not say {r['range']}")

print("\n".join(bad) if bad else f"{len(rows)} keys")
sys.exit(bool(bad))

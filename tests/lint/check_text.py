#!/usr/bin/env python3
"""How files look: head comments, line length, white space, tabs, hidden characters, and words
that say a thing is not finished."""
import pathlib
import re
import subprocess
import sys
import unicodedata

TEXT = {".c", ".h", ".py", ".sh", ".md", ".1", ".5", ".7", ".8", ".conf", ".talk", ".toml"}
NOT_OURS = ("tests/data/", "tests/interop/scripts/")
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
# Bidirectional and invisible characters can make code read differently than it runs.
HIDDEN = {"Cf", "Co", "Cn"}

listed = subprocess.run(["git", "ls-files", "-z"], capture_output=True, text=True, check=True)
names = [n for n in listed.stdout.split("\0") if n and not n.startswith(NOT_OURS)]

bad = []
count = 0
for name in names:
    path = pathlib.Path(name)
    if not path.is_file() or path.is_symlink():
        continue
    if path.suffix not in TEXT and name not in ("Makefile", ".ci/run"):
        continue
    count += 1
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as e:
        bad.append(f"{name}: is not UTF-8: {e}")
        continue
    code = path.suffix in (".c", ".h")
    if raw and not raw.endswith(b"\n"):
        bad.append(f"{name}: does not end with a newline")
    if code and not text.startswith("/*\n * " + path.name + " - "):
        bad.append(f"{name}:1: must begin with a comment '{path.name} - what it knows'")
    if path.suffix == ".h" and not re.search(r"#ifndef \w+_H\n#define \w+_H\n", text):
        bad.append(f"{name}: has no include guard")
    for number, line in enumerate(text.split("\n"), 1):
        where = f"{name}:{number}"
        if line != line.rstrip():
            bad.append(f"{where}: white space at the end")
        if code and name.startswith(("src/", "include/")):
            # A row of a table may be as long as its facts, and a sentence need not be cut.
            row = line.lstrip().startswith("{") and line.endswith("},")
            rest = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
            if len(line.expandtabs(8)) > 100 and not row and (
                    rest == line or len(rest.expandtabs(8)) > 100):
                bad.append(f"{where}: longer than 100 columns")
            if re.match(r" +\S", line) and not re.match(r" \*", line):
                bad.append(f"{where}: indented with blanks instead of tabs")
        if code and UNFINISHED.search(line):
            bad.append(f"{where}: {UNFINISHED.search(line).group()}")
        if any(unicodedata.category(c) in HIDDEN for c in line):
            bad.append(f"{where}: an invisible character; write it as an escape")

print("\n".join(bad[:60]) if bad else f"{count} files")
sys.exit(bool(bad))

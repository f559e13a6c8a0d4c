#!/usr/bin/env python3
"""Who may include whom, and which file owns which foreign library.

base < text < wire < work < tools < front; wdl stands on base and text; the practice tenant on
base, text and wdl; the keyring helper on base.  Tools see <flowlatch/tool.h>, not the engine.
"""
import pathlib
import re
import sys

MAY = {
    "base": {"base"},
    "text": {"base", "text"},
    "wdl": {"base", "text", "wdl"},
    "wire": {"base", "text", "wire"},
    "work": {"base", "text", "wdl", "wire", "work", "flowlatch"},
    "tools": {"base", "text", "wdl", "tools", "flowlatch"},
    "front": {"base", "text", "wdl", "wire", "work", "tools", "front", "flowlatch"},
    "tenant": {"base", "text", "wdl", "tenant"},
    "keyring": {"base", "keyring"},
}

# A pattern of foreign headers, and the files that may name them.
OWNERS = [
    (r"cjson/|cJSON", r"src/text/json\.c"),
    (r"psa/|mbedtls/", r"src/text/crypt\.c"),
    (r"curl/", r"src/wire/http(_lib)?\.[ch]"),
    (r"libxml/", r"src/wdl/.*\.c"),
    (r"archive(_entry)?\.h", r"src/work/package\.c"),
    (r"libsecret/|glib|gio/", r"src/keyring/.*\.c"),
    (r"microhttpd|gnutls/", r"src/tenant/.*\.[ch]"),
]

INCLUDE = re.compile(r'^\s*#\s*include\s+([<"])([^>"]+)[>"]')

bad = []
seen = 0
owned = {}
for path in sorted(pathlib.Path("src").rglob("*.[ch]")) + sorted(
        pathlib.Path("include").rglob("*.h")):
    name = str(path)
    layer = path.parts[1] if path.parts[0] == "src" else "flowlatch"
    allowed = MAY.get(layer, {"base", "text", "wire", "work"} if layer == "flowlatch" else None)
    if allowed is None:
        bad.append(f"{name}: directory {layer} is in no layer")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        m = INCLUDE.match(line)
        if not m:
            continue
        seen += 1
        kind, target = m.groups()
        top = target.split("/")[0]
        ours = top in MAY or top == "flowlatch"
        if kind == '"' and not ours:
            bad.append(f'{name}:{number}: "{target}" must name its layer, as in "base/str.h"')
        if ours and top not in allowed:
            bad.append(f"{name}:{number}: {layer} may not include {target}")
        for pattern, owner in OWNERS:
            if re.match(pattern, target):
                owned.setdefault(pattern, set()).add(name)
                if not re.fullmatch(owner, name):
                    bad.append(f"{name}:{number}: {target} belongs to {owner}")

for library in ("cjson/|cJSON", "psa/|mbedtls/", "curl/"):
    owners = {n for n in owned.get(library, ()) if n.endswith(".c")}
    headers = owned.get(library, set()) - owners
    if len(owners) > 1 or len(headers) > 1:
        bad.append(f"more than one owner of {library}: {', '.join(sorted(owned[library]))}")

print("\n".join(bad) if bad else f"{seen} includes")
sys.exit(bool(bad))

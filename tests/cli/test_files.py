#!/usr/bin/env python3
"""The folder that tools may use: a plain name in it, nothing below, above or behind a link, and
only where nobody else can write.  Needs no tenant: what is refused is refused before a request."""
import json
import os

from cli import check, end, run, Home

ENVIRONMENT = "0a1b2c3d-0000-4000-8000-0123456789ab"
FLOW = {"triggers": {"manual": {"type": "Request", "kind": "Http", "inputs": {"schema": {}}}},
        "actions": {"Compose": {"type": "Compose", "inputs": 1, "runAfter": {}}}}

home = Home()
folder = os.path.join(home.path, "flows")
os.mkdir(folder, 0o700)
with open(os.path.join(folder, "good.json"), "w", encoding="utf-8") as f:
    json.dump(FLOW, f)
with open(os.path.join(home.path, "outside.json"), "w", encoding="utf-8") as f:
    json.dump(FLOW, f)
os.symlink("../outside.json", os.path.join(folder, "link.json"))
os.symlink("good.json", os.path.join(folder, "near.json"))
os.mkdir(os.path.join(folder, "folder.json"))
os.mkfifo(os.path.join(folder, "pipe.json"))
with open(os.path.join(folder, "text.json"), "w", encoding="utf-8") as f:
    f.write("not JSON")


def code(name, files=folder):
    options = ["--files", files] if files else []
    r = run("call", *options, "import_live_flow", "--environment-name", ENVIRONMENT,
            f"--file={name}", "--json", home=home)
    try:
        return json.loads(r.out or r.err)["error"]["code"], r
    except (ValueError, KeyError):
        return "", r


for name, want in [
        ("link.json", "not_available"),
        ("near.json", "not_available"),
        ("folder.json", "not_available"),
        ("pipe.json", "not_available"),
        ("none.json", "not_found"),
        ("text.json", "invalid_argument"),
        ("../outside.json", "invalid_argument"),
        ("./good.json", "invalid_argument"),
        ("/etc/passwd", "invalid_argument"),
        (".hidden", "invalid_argument"),
        ("-rf", "invalid_argument"),
        ("a\nb", "invalid_argument"),
        ("a;b", "invalid_argument"),
        (" ", "invalid_argument"),
        ("x" * 201, "invalid_argument"),
]:
    got, r = code(name)
    check(f"{name[:20]!r} is {want}", got == want, r)

got, r = code("good.json")
check("a file that is fine is read: then somebody must be signed in", got == "not_signed_in", r)
got, r = code("good.json", None)
check("without a folder there are no files", got == "not_available", r)
os.chmod(folder, 0o770)
got, r = code("good.json")
check("a folder that others may write to is none", got == "not_available" and "chmod" in r.out, r)
os.chmod(folder, 0o700)
got, r = code("good.json", os.path.join(home.path, "nowhere"))
check("nor is one that is not there", got == "not_available", r)
got, r = code("good.json", os.path.join(home.path, "outside.json"))
check("nor a file", got == "not_available", r)
end()

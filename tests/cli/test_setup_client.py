#!/usr/bin/env python3
"""flowlatch setup client: what it writes for each host, what it leaves alone, and undo."""
import glob
import json
import os
import random
import stat
import tomllib

from cli import B, PROGRAM, Home, check, end, run, run_in_terminal

BINARY = os.path.realpath(PROGRAM)
FILES = {"claude-code": ".claude.json", "claude-desktop": ".config/Claude/claude_desktop_config.json",
         "codex": ".codex/config.toml", "cursor": ".cursor/mcp.json",
         "vscode": ".config/Code/User/mcp.json", "gemini": ".gemini/settings.json",
         "opencode": ".config/opencode/opencode.json"}
PROJECT = {"claude-code": ".mcp.json", "codex": ".codex/config.toml", "cursor": ".cursor/mcp.json",
           "vscode": ".vscode/mcp.json", "gemini": ".gemini/settings.json",
           "opencode": "opencode.json"}
EXAMPLES = {"claude-code": "claude-code.mcp.json", "claude-desktop": "claude-desktop.json",
            "codex": "codex.config.toml", "cursor": "cursor.mcp.json", "vscode": "vscode.mcp.json",
            "gemini": "gemini.settings.json", "opencode": "opencode.json"}


def setup(home, host, *args, env=None, cwd=None):
    return run("setup", "client", host, *args, home=home, env=env, cwd=cwd)


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)
    os.chmod(path, mode)


def servers(path):
    data = read(path).decode()
    conf = tomllib.loads(data) if path.endswith(".toml") else json.loads(data)
    return next(conf[k] for k in ("mcpServers", "servers", "mcp", "mcp_servers") if k in conf)


# ---- an empty home: write, again, undo ----

for host, name in FILES.items():
    home = Home()
    path = os.path.join(home.path, name)
    r = setup(home, host, "--practice")
    check(f"{host}: shows the entry and where it goes, and writes nothing",
          r.code == 0 and path in r.out and BINARY in r.out and not home.files(), r)
    r = setup(home, host, "--write", "--practice")
    check(f"{host}: writes", r.code == 0 and path in r.out and os.path.exists(path), r)
    entry = servers(path)["flowlatch"]
    words = entry["command"] if isinstance(entry["command"], list) else [entry["command"], *entry["args"]]
    check(f"{host}: the entry starts this program by its absolute path",
          words == [BINARY, "serve", "--practice"], entry)
    # What the repository shows a reader is what the program writes.
    with open("examples/" + EXAMPLES[host], encoding="utf-8") as f:
        example = f.read().replace("/usr/local/bin/flowlatch", BINARY)
    if host == "claude-code":  # made to be shared: found by PATH
        example = example.replace('"command": "flowlatch"', f'"command": "{BINARY}"')
    if host == "codex":
        example = example.split("\n", 1)[1]
    check(f"{host}: the file is the example", read(path).decode() == example, read(path).decode())
    before = os.stat(path).st_mtime_ns
    r = setup(home, host, "--write", "--practice", "--json")
    check(f"{host}: a second run changes nothing", r.code == 0 and
          r.json()["state"] == "unchanged" and os.stat(path).st_mtime_ns == before, r)
    r = setup(home, host, "--undo")
    check(f"{host}: undo leaves nothing behind", r.code == 0 and not home.files(), r)
    r = setup(home, host, "--undo", "--json")
    check(f"{host}: undo again", r.code == 0 and r.json()["state"] == "unchanged", r)

# ---- a project ----

for host, name in PROJECT.items():
    home = Home()
    project = os.path.join(home.path, "project")
    os.mkdir(project)
    r = setup(home, host, "--write", "--scope", "project", "--practice", cwd=project)
    check(f"{host}: a project's file", r.code == 0 and
          "flowlatch" in servers(os.path.join(project, name)), r)
r = setup(Home(), "claude-desktop", "--scope", "project")
check("claude-desktop has no project's file", r.code == 2 and "no configuration file" in r.err, r)

# ---- what is there stays ----

VSCODE = b"""// servers of mine
{
\t"inputs": [
\t\t{ "type": "promptString", "id": "k", "password": true }, // asked once
\t],
\t/* "flowlatch": {} is no entry */
\t"servers": {
\t\t"other": {
\t\t\t"command": "x", "args": [ "//" ]
\t\t}, // the last
\t},
}
"""
CODEX = b"""# mine
model = "m"   # spaces   stay

[projects."/home/a b"]
trust_level = 'trusted'

[mcp_servers.other] # not ours
command = "x"
args = [
  "1", # one
]

[[profiles.list]]
a = { b = 1 }
"""
CLAUDE = b'{\n  "numStartups": 1.0,\n  "history": "\\ud83d",\n  "mcpServers": {},\n  "zzz": [\n    1\n  ]\n}'
for host, text, mode in (("vscode", VSCODE, 0o640), ("codex", CODEX, 0o600),
                         ("claude-code", CLAUDE, 0o600),
                         ("vscode", VSCODE.replace(b"\n", b"\r\n"), 0o644),
                         ("codex", CODEX.replace(b"\n", b"\r\n"), 0o644)):
    home = Home()
    path = os.path.join(home.path, FILES[host])
    write(path, text, mode)
    eol = "CRLF" if b"\r\n" in text else "LF"
    r = setup(home, host, "--write", "--practice")
    after = read(path)
    kept = [line for line in text.splitlines(keepends=True) if line not in after.splitlines(keepends=True)]
    check(f"{host}, {eol}: every line that was there is there, but for one comma at most",
          r.code == 0 and len(kept) <= 1 and all(x.strip() in (b"}", b'"mcpServers": {},') for x in kept),
          (r, after))
    check(f"{host}, {eol}: line ends are of one kind",
          (b"\r\n" in after) == (eol == "CRLF") and
          after.count(b"\n") == (after.count(b"\r\n") if eol == "CRLF" else after.count(b"\n")), after)
    check(f"{host}, {eol}: the mode stays", stat.S_IMODE(os.stat(path).st_mode) == mode)
    backup = path + ".flowlatch-backup"
    check(f"{host}, {eol}: there is a backup of the same mode", read(backup) == text and
          stat.S_IMODE(os.stat(backup).st_mode) == mode and backup in r.out, r)
    r = setup(home, host, "--undo")
    check(f"{host}, {eol}: undo gives the same bytes back", r.code == 0 and read(path) == text and
          not os.path.exists(backup), (r, read(path)))

# ---- others write too: only our entry goes ----

home = Home()
path = os.path.join(home.path, ".claude.json")
write(path, b'{\n  "a": 1\n}\n')
setup(home, "claude-code", "--write", "--practice")
now = json.loads(read(path))
now["a"] = 2
now["mcpServers"]["theirs"] = {"command": "y"}
write(path, json.dumps(now, indent=2).encode())
r = setup(home, "claude-code", "--undo")
check("undo keeps what others wrote since", r.code == 0 and json.loads(read(path)) ==
      {"a": 2, "mcpServers": {"theirs": {"command": "y"}}}, read(path))

home = Home()
path = os.path.join(home.path, ".codex/config.toml")
old = b'[mcp_servers.flowlatch]\ncommand = "mine"\n'
write(path, old)
setup(home, "codex", "--write", "--practice")
setup(home, "codex", "--write", "--read-only")
write(path, read(path) + b"\n[tui]\nx = 1\n")
r = setup(home, "codex", "--undo")
conf = tomllib.loads(read(path).decode())
check("undo puts the entry back that was there before the first time", r.code == 0 and
      conf["mcp_servers"]["flowlatch"] == {"command": "mine"} and conf["tui"] == {"x": 1}, conf)

# What a person added to our entry stays.
home = Home()
path = os.path.join(home.path, ".gemini/settings.json")
setup(home, "gemini", "--write", "--practice")
now = json.loads(read(path))
now["mcpServers"]["flowlatch"]["timeout"] = 600000
write(path, json.dumps(now, indent=4).encode())
r = setup(home, "gemini", "--write", "--read-only")
entry = servers(path)["flowlatch"]
check("a change of ours keeps what a person added to the entry", r.code == 0 and
      entry == {"command": BINARY, "args": ["serve", "--read-only"], "timeout": 600000}, entry)

# ---- links, broken files, bad options ----

home = Home()
real = os.path.join(home.path, "dotfiles", "mcp.json")
write(real, b"{}")
os.makedirs(os.path.join(home.path, ".cursor"))
link = os.path.join(home.path, ".cursor", "mcp.json")
os.symlink("../dotfiles/mcp.json", link)
r = setup(home, "cursor", "--write", "--practice")
check("a link stays one, and its file is changed", r.code == 0 and os.path.islink(link) and
      "flowlatch" in servers(real), r)
os.unlink(real)
os.unlink(real + ".flowlatch-backup")
r = setup(home, "cursor", "--write", "--practice")
check("so does a link to nothing yet", r.code == 0 and os.path.islink(link) and
      "flowlatch" in servers(real), r)

for host, text, line in (("claude-code", b'{\n  "a": 1,\n}\n', 3), ("claude-code", b"{\n// c\n}", 2),
                         ("vscode", b'{\n"servers": {\n', 3), ("codex", b'a = 1\nb = "x\n', 2),
                         ("codex", b"[mcp_servers]\nflowlatch = {}\n", 2),
                         ("claude-code", b'{"mcpServers": []}', 1), ("gemini", b"\xff\xfe{", 1)):
    home = Home()
    path = os.path.join(home.path, FILES[host])
    write(path, text)
    for verb in ("--write", "--undo"):
        r = setup(home, host, verb, "--practice")
        check(f"{host} {verb}: a broken file is named with its line and left alone",
              r.code == 2 and f"{path}:{line}: " in r.err and
              home.files() == {path: text}, r)

home = Home()
os.makedirs(os.path.join(home.path, ".claude.json"))
r = setup(home, "claude-code", "--write", "--practice")
check("a directory in the place of the file", r.code == 5 and "regular file" in r.err, r)

for args, words in ((["nano"], "opencode"), (["codex", "--write", "--undo"], "exclude"),
                    (["codex", "--scope", "world"], "user or project"),
                    (["codex", "--name", "a_b"], "--name"), ([], "missing"),
                    (["codex", "--run"], "takes no --run")):
    r = run("setup", "client", *args, home=Home())
    check(f"setup client {' '.join(args)}: exit 2 and what would do", r.code == 2 and words in r.err, r)

# ---- what the host must be told ----

home = Home()
home.conf("[profile work]\ncloud = public\n")
r = setup(home, "codex", "--write", "--profile", "work", "--read-only")
check("profile and --read-only", r.code == 0 and servers(os.path.join(home.path, ".codex/config.toml"))
      ["flowlatch"]["args"] == ["serve", "--profile", "work", "--read-only"], r)
r = setup(home, "codex", "--write", "--name", "flowlatch-b")
both = servers(os.path.join(home.path, ".codex/config.toml"))
check("two entries side by side", r.code == 0 and set(both) == {"flowlatch", "flowlatch-b"} and
      both["flowlatch-b"]["args"] == ["serve"], both)
r = setup(home, "codex", "--undo")
both = servers(os.path.join(home.path, ".codex/config.toml"))
check("undo of one leaves the other", r.code == 0 and set(both) == {"flowlatch-b"}, both)

home = Home()
os.makedirs(os.path.join(home.path, "c", "flowlatch"))
with open(os.path.join(home.path, "c", "flowlatch", "flowlatch.conf"), "w", encoding="ascii") as f:
    f.write("log_level = error\n")
r = setup(home, "gemini", "--json", env={"XDG_CONFIG_HOME": home.path + "/c",
                                         "XDG_STATE_HOME": home.path + "/s"})
check("places that variables moved are named, because hosts drop the variables",
      r.json()["entry"]["args"] == ["serve", "--config", home.path + "/c/flowlatch/flowlatch.conf",
                                    "--state-dir", home.path + "/s/flowlatch"], r)
p = run(*r.json()["entry"]["args"], home=home, input="")
check("and that command line is one that works", p.code == 0, p)
r = setup(home, "gemini", "--write", env={"FLOWLATCH_TENANT": "contoso.example"})
check("a setting that only the terminal has is warned of", r.code == 0 and "FLOWLATCH_TENANT" in r.err, r)
r = setup(home, "codex", "--write", "--practice", env={"CODEX_HOME": home.path + "/ch"})
check("CODEX_HOME", r.code == 0 and os.path.exists(home.path + "/ch/config.toml"), r)
r = setup(home, "claude-code", "--write", "--practice", env={"CLAUDE_CONFIG_DIR": home.path + "/cc"})
check("CLAUDE_CONFIG_DIR", r.code == 0 and os.path.exists(home.path + "/cc/.claude.json"), r)
write(home.path + "/.config/opencode/opencode.jsonc", b"{ // mine\n}\n")
r = setup(home, "opencode", "--write", "--practice")
check("opencode.jsonc where there is one", r.code == 0 and
      b"flowlatch" in read(home.path + "/.config/opencode/opencode.jsonc"), r)

# ---- the Windows side of WSL ----

with open("examples/claude-desktop-wsl2.json", encoding="utf-8") as f:
    wsl_example = f.read().replace("/usr/local/bin/flowlatch", BINARY)
home = Home()
windows = os.path.join(home.path, "Users", "ada")
os.makedirs(windows + "/AppData/Roaming")
wsl = {"WSL_DISTRO_NAME": "Debian"}
for host, name in (("claude-desktop", "AppData/Roaming/Claude/claude_desktop_config.json"),
                   ("cursor", ".cursor/mcp.json"), ("vscode", "AppData/Roaming/Code/User/mcp.json")):
    r = setup(home, host, "--write", "--practice", "--windows-home", windows, env=wsl)
    entry = servers(os.path.join(windows, name))["flowlatch"]
    check(f"{host}: wsl.exe on the Windows side", r.code == 0 and entry["command"] == "wsl.exe" and
          entry["args"] == ["--distribution", "Debian", "--exec", BINARY, "serve", "--practice"], r)
    if host == "claude-desktop":
        check(f"{host}: the file is the example",
              read(os.path.join(windows, name)).decode() == wsl_example, r)
r = setup(home, "gemini", "--json", "--windows-home", windows, env=wsl)
check("gemini runs on this side", r.json()["file"] == home.path + "/.gemini/settings.json", r)
package = windows + "/AppData/Local/Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/"
write(package + "claude_desktop_config.json", b"{}")
r = setup(home, "claude-desktop", "--json", "--windows-home", windows, env=wsl)
check("claude-desktop: the copy of the Windows package where there is one",
      r.json()["file"] == package + "claude_desktop_config.json", r)

# ---- files of every shape, against Python's own readers ----

random.seed(7)
bad = []


def value(depth):
    kind = random.randrange(8 if depth < 3 else 5)
    if kind < 5:
        return [1, -2.5, True, "a\"\\\u00e9\n\U0001F600#//", ""][kind]
    if kind == 5:
        return [value(depth + 1) for _ in range(random.randrange(3))]
    return {random.choice(["a", "b c", "", "flowlatch", "mcpServers", "\u00e9"]): value(depth + 1)
            for _ in range(random.randrange(4))}


for i in range(60):
    home = Home()
    path = os.path.join(home.path, ".claude.json")
    conf = {"a": value(0), "b": value(0)}
    if random.random() < 0.7:
        conf["mcpServers"] = {k: value(1) for k in ("x", "flowlatch", "y") if random.random() < 0.5}
    names = list(conf)
    random.shuffle(names)
    conf = {k: conf[k] for k in names}
    text = json.dumps(conf, indent=random.choice([None, 0, 2, "\t"]),
                      ensure_ascii=random.random() < 0.5).encode()
    write(path, text)
    r = setup(home, "claude-code", "--write", "--practice")
    try:
        after = json.loads(read(path))
        entry = after["mcpServers"].pop("flowlatch")
        expected = json.loads(text)
        expected.setdefault("mcpServers", {}).pop("flowlatch", None)
        good = after == expected and [k for k in after if k in conf] == names and \
            entry["command"] == BINARY and entry["args"] == ["serve", "--practice"]
    except (ValueError, KeyError) as e:
        good = False
        r = e
    if not good or setup(home, "claude-code", "--undo").code != 0 or read(path) != text:
        bad.append((text, read(path), r))
check("60 files of Claude Code: changed as meant, and back to the byte", not bad, bad[:1])

r = run_in_terminal("setup", "client", "codex", home=Home())
check("in a terminal", r.code == 0 and "[mcp_servers.flowlatch]" in r.out, r)

with open("README.md", encoding="utf-8") as f:
    readme = f.read()
check("README.md names the command", "flowlatch setup client" in readme)
check("every example of a host has been compared", set(EXAMPLES.values()) | {"claude-desktop-wsl2.json"} ==
      {os.path.basename(p) for p in glob.glob("examples/*.json") + glob.glob("examples/*.toml")})
end()

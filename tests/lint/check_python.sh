#!/bin/bash
# Python scripts compile, and none of them needs more than the standard library, but for what is
# skipped where its Debian packages are missing.  Every test may be executed: tests/run.sh passes
# over what may not.
for f in tests/*/test_*.py tests/*/test_*.sh; do
    if [ -f "$f" ] && [ ! -x "$f" ]; then
        echo "$f: not executable, so no check runs it"
        exit 1
    fi
done
mapfile -t scripts < <(git ls-files '*.py' | while read -r f; do [ -f "$f" ] && echo "$f"; done)
python3 - "${scripts[@]}" <<'END' || exit 1
import ast
import pathlib
import sys

names = {pathlib.Path(p).stem for p in sys.argv[1:]}
more = {"tests/cli/fake_secrets.py": {"dbus", "gi"}}
bad = 0
for path in sys.argv[1:]:
    tree = ast.parse(pathlib.Path(path).read_text(), path)
    for node in ast.walk(tree):
        modules = []
        if isinstance(node, ast.Import):
            modules = [a.name for a in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module]
        for m in modules:
            top = m.split(".")[0]
            if top not in sys.stdlib_module_names | names | more.get(path, set()):
                print(f"{path}:{node.lineno}: {m} is not in the standard library")
                bad = 1
sys.exit(bad)
END
echo "${#scripts[@]} scripts"

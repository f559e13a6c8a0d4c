#!/bin/bash
# Shell scripts: shellcheck where it is installed, a syntax check where it is not.
mapfile -t scripts < <({ git ls-files '*.sh'; git ls-files .ci/run; } |
    while read -r f; do [ -f "$f" ] && echo "$f"; done)
if command -v shellcheck >/dev/null; then
    shellcheck -S warning "${scripts[@]}" || exit 1
    echo "${#scripts[@]} scripts, shellcheck"
else
    for s in "${scripts[@]}"; do
        bash -n "$s" || exit 1
    done
    echo "${#scripts[@]} scripts, syntax only"
fi

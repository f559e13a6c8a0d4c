#!/bin/bash
# Two builds of the same sources in two places, one after the other, give the same bytes.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
for dir in one another/place; do
    mkdir -p "$work/$dir"
    git ls-files -z | while IFS= read -r -d '' f; do [ -e "$f" ] && printf '%s\0' "$f"; done |
        tar -c --null -T - | tar -x -C "$work/$dir" || exit 2
    make -s -j2 -C "$work/$dir" all >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
done
for program in flowlatch flowlatch-tenant; do
    cmp "$work/one/build/$program" "$work/another/place/build/$program" || exit 1
done
echo "two builds are identical: $(sha256sum <"$work/one/build/flowlatch" | cut -c1-16)"

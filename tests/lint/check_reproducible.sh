#!/bin/bash
# A second build of the same sources in another place gives the same bytes as the first.
if readelf -s "$B/flowlatch" | grep -q __asan_init; then
    echo "a sanitizer build is not for release"
    exit 77
fi
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
mkdir "$work/another place" || exit 2
tar -c Makefile VERSION src include data man | tar -x -C "$work/another place" || exit 2
make -s -j2 -C "$work/another place" all >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
for program in flowlatch flowlatch-tenant; do
    cmp "$B/$program" "$work/another place/build/$program" || exit 1
done
echo "two builds are identical: $(sha256sum <"$B/flowlatch" | cut -c1-16)"

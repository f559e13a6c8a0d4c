#!/bin/bash
# make install puts the programs and pages below DESTDIR, they work from there, and uninstall
# takes all of it away again.
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
make -s install DESTDIR="$work" PREFIX=/opt/fl >/dev/null || exit 1
for f in bin/flowlatch bin/flowlatch-tenant libexec/flowlatch/flowlatch-keyring share/man/man1/flowlatch.1 \
    share/flowlatch/knowledge/actions.md; do
    [ -e "$work/opt/fl/$f" ] || { echo "$f was not installed"; exit 1; }
done
n=$(find "$work" -type f | wc -l)
for page in man/*.[1-8]; do
    [ -e "$work/opt/fl/share/man/man${page##*.}/${page#man/}" ] ||
        { echo "$page was not installed"; exit 1; }
done
[ "$("$work/opt/fl/bin/flowlatch" --version)" = "flowlatch $(cat VERSION)" ] ||
    { echo "the installed program does not run"; exit 1; }
HOME=$work "$work/opt/fl/bin/flowlatch" call list_live_environments --practice >"$work/out" 2>&1 ||
    { echo "the installed program does not find its practice tenant"; cat "$work/out"; exit 1; }
make -s uninstall DESTDIR="$work" PREFIX=/opt/fl >/dev/null || exit 1
left=$(find "$work/opt" -type f)
[ -z "$left" ] || { echo "left behind: $left"; exit 1; }
echo "$n files"

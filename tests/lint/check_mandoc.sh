#!/bin/sh
# Every man page is clean mdoc, and names only pages that exist here or in the system.
command -v mandoc >/dev/null || { echo "mandoc is not installed"; exit 77; }
bad=0 n=0
for page in man/*.[1-8]; do
    n=$((n + 1))
    # The system's own pages may be missing where only the tools are installed.
    mandoc -Tlint -Wstyle "$page" | grep -v 'referenced manual not found' && bad=1
    section=${page##*.} name=$(basename "$page" ".$section")
    grep -q "^\.Dt $(echo "$name" | tr '[:lower:]' '[:upper:]') $section\$" "$page" || {
        echo "$page: .Dt does not name the page"
        bad=1
    }
    for ref in $(sed -n 's/^\.Xr \(flowlatch[^ ]*\) \([0-9]\).*/\1.\2/p' "$page"); do
        [ -e "man/$ref" ] || { echo "$page: refers to $ref, which does not exist"; bad=1; }
    done
done
[ $bad = 0 ] && echo "$n pages"
exit $bad

#!/bin/bash
# The repository stands alone: nothing in it points at a place outside of it, and nothing that
# looks like a real secret is in it.
bad=0
if git grep -nE '\.\./shared|/work/(main|w|shared)\b' -- . ':!tests/lint/check_names.sh'; then
    echo "names a place outside the repository"
    bad=1
fi
if git grep -nE -- '-----BEGIN ([A-Z]+ )?PRIVATE KEY-----' -- . ':!tests/lint/check_names.sh' \
    ':!tests/data'; then
    echo "a private key"
    bad=1
fi
# Relative links of the pages for people lead somewhere.
for page in *.md; do
    while read -r link; do
        [ -e "$link" ] || { echo "$page: links to $link, which does not exist"; bad=1; }
    done < <(grep -oE '\]\([^):#]+\)' "$page" | sed 's/^](//; s/)$//')
done
[ $bad = 0 ] && echo "$(git ls-files | wc -l) files"
exit $bad

#!/bin/bash
# test_deps.sh - what make deps says and does, with package managers that are scripts.

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=$(mktemp -d) || exit 2
trap 'rm -rf "$dir"' EXIT
tests=0

# A command of that name for the next run.
fake() {
    printf '#!/bin/sh\n%s\n' "$2" >"$dir/bin/$1"
    chmod +x "$dir/bin/$1"
}

# A PATH with the plain tools and nothing that knows packages.
fresh() {
    rm -rf "${dir:?}/bin" "$dir/log"
    mkdir "$dir/bin"
    : >"$dir/log"
    for tool in sh tr cat mktemp rm ls env; do
        ln -s "$(command -v $tool)" "$dir/bin/$tool"
    done
    fake pkg-config 'exit 1'
    fake id 'echo 1000'
}

# check NAME WANTED-STATUS WANTED-OUTPUT WANTED-LOG PACKAGE...
check() {
    local name=$1 status=$2 want=$3 log=$4 got rc
    shift 4
    got=$(PATH=$dir/bin LOG=$dir/log "$root/tests/deps.sh" "$@" 2>&1 </dev/null)
    rc=$?
    tests=$((tests + 1))
    # shellcheck disable=SC2053 # a pattern
    if [ "$rc" = "$status" ] && [[ $got == $want ]] && [ "$(cat "$dir/log")" = "$log" ]; then
        echo "ok $tests - $name"
    else
        echo "not ok $tests - $name"
        printf '%s\n' "status $rc" "$got" "$(cat "$dir/log")" | sed 's/^/# /'
    fi
}

debian() {
    fresh
    fake dpkg-query 'printf "installed:libcjson-dev config-files:libxml2-dev "; exit 1'
    fake apt-get 'for w; do case $w in update|install|lib*) printf "%s " $w ;; esac; done >>$LOG'
}

debian
check 'all there: silence' 0 '' '' libcjson-dev
check 'a tool that came another way' 0 '' '' libcjson-dev pkg-config
check 'no rights: the command to run' 1 '*sudo apt-get install libxml2-dev' '' \
    libcjson-dev libxml2-dev
fake sudo 'shift; [ "$1" = true ] || exec "$@"'
check 'sudo without a question' 0 'Installing Debian packages: libxml2-dev' \
    "$(ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || echo 'update ')install libxml2-dev " \
    libcjson-dev libxml2-dev
debian
fake id 'echo 0'
fake apt-get 'echo "E: no such thing"; exit 100'
check 'root, but the installation fails' 1 '*no such thing*sudo apt-get install libxml2-dev' '' \
    libxml2-dev

fresh
check 'an unknown system' 1 '*Fedora:*cjson-devel libsecret-devel*Arch:*cjson libsecret*' '' \
    libcjson-dev libsecret-1-dev
fake dnf ''
check 'Fedora' 1 '*sudo dnf install cjson-devel libxml2-devel' '' \
    libcjson-dev libxml2-dev pkg-config
rm "$dir/bin/dnf"
fake pacman ''
check 'Arch' 1 '*sudo pacman -S --needed cjson libxml2' '' libcjson-dev libxml2-dev pkg-config
fake pkg-config 'exit 0'
check 'all there elsewhere: silence' 0 '' '' libcjson-dev libxml2-dev pkg-config
echo "1..$tests"

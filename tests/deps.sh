#!/bin/sh
# deps.sh PACKAGE... - makes sure that the named Debian packages are there (make deps).
#
# Says nothing and takes a few milliseconds when they are.  On Debian and its relatives what is
# missing is installed, when that needs no question but sudo's own; everywhere else, and
# without the rights, the command to run is printed and the exit status is 1.

# Debian's name, Fedora's name, Arch's name, and how to see that it is there where there is no
# dpkg: a command (c:), a pkg-config module (m:), a header (h:) or a Python module (p:).
table='
gcc                   gcc                 gcc           c:gcc
make                  make                make          c:make
pkg-config            pkgconf-pkg-config  pkgconf       c:pkg-config
libcjson-dev          cjson-devel         cjson         m:libcjson
libcurl4-openssl-dev  libcurl-devel       curl          m:libcurl
libmbedtls-dev        mbedtls-devel       mbedtls       h:psa/crypto.h
libmicrohttpd-dev     libmicrohttpd-devel libmicrohttpd m:libmicrohttpd
libgnutls28-dev       gnutls-devel        gnutls        m:gnutls
libxml2-dev           libxml2-devel       libxml2       m:libxml-2.0
libarchive-dev        libarchive-devel    libarchive    m:libarchive
libsecret-1-dev       libsecret-devel     libsecret     m:libsecret-1
libcmocka-dev         libcmocka-devel     cmocka        m:cmocka
python3               python3             python        c:python3
mandoc                mandoc              mandoc        c:mandoc
nghttp2-proxy         nghttp2             nghttp2       c:nghttpx
openssl               openssl             openssl       c:openssl
gnome-keyring         gnome-keyring       gnome-keyring c:gnome-keyring-daemon
dbus                  dbus-daemon         dbus          c:dbus-daemon
python3-dbus          python3-dbus        python-dbus   p:dbus
python3-gi            python3-gobject     python-gobject p:gi
chromium              chromium            chromium      c:chromium
'

# The line of the table for a package.
row() {
    echo "$table" | while read -r debian fedora arch check; do
        [ "$debian" = "$1" ] && echo "$debian $fedora $arch $check"
    done
}

there() {
    case $1 in
    c:*) command -v "${1#c:}" ;;
    m:*) pkg-config --exists "${1#m:}" ;;
    p:*) /usr/bin/python3 -c "import ${1#p:}" ;;
    h:*) [ -e "/usr/include/${1#h:}" ] || [ -e "/usr/local/include/${1#h:}" ] ;;
    *) false ;;
    esac >/dev/null 2>&1
}

missing_on_debian() {
    have=" $(dpkg-query -W -f '${db:Status-Status}:${Package} ' "$@" 2>/dev/null)"
    for p; do
        case $have in
        *" installed:$p "*) continue ;;
        esac
        # A virtual package, or one with another name that brings the same command.
        # shellcheck disable=SC2046 # four words
        set -- $(row "$p")
        case $4 in
        c:*) there "$4" && continue ;;
        esac
        echo "$p"
    done
}

missing_elsewhere() {
    for p; do
        # shellcheck disable=SC2046 # four words
        set -- $(row "$p")
        there "$4" || echo "${1:-$p} ${2:-$p} ${3:-$p}"
    done
}

# The names in one column, on one line.
column() {
    echo "$missing" | while read -r debian fedora arch; do
        eval "printf ' %s' \"\$$1\""
    done
}

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
    missing=$(missing_elsewhere "$@")
    [ -z "$missing" ] && exit 0
    echo "Some packages are missing. Please install them:"
    if command -v dnf >/dev/null; then
        echo "  sudo dnf install$(column fedora)"
    elif command -v pacman >/dev/null; then
        echo "  sudo pacman -S --needed$(column arch)"
    else
        echo "  Debian, Ubuntu: sudo apt-get install$(column debian)"
        echo "  Fedora:         sudo dnf install$(column fedora)"
        echo "  Arch:           sudo pacman -S --needed$(column arch)"
    fi
    exit 1
fi

missing=$(missing_on_debian "$@" | tr '\n' ' ')
[ -z "$missing" ] && exit 0

if [ "$(id -u)" = 0 ]; then
    sudo=
elif sudo -n true 2>/dev/null; then
    sudo='sudo -n'
elif [ -t 0 ] && [ -t 2 ] && command -v sudo >/dev/null; then
    sudo=sudo
else
    echo "Some packages are missing. Please install them:"
    echo "  sudo apt-get install ${missing% }"
    exit 1
fi

echo "Installing Debian packages: ${missing% }"
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
apt() {
    $sudo env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=120 \
        "$@" >>"$log" 2>&1 </dev/null
}
install() {
    # shellcheck disable=SC2086 # a list of names
    apt install --no-install-recommends $missing
}

# A fresh container has no package lists; old lists may name files that are gone.
if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1; then
    apt update && install
else
    install || { apt update && install; }
fi || {
    cat "$log"
    echo "Could not install them. Please run: sudo apt-get install ${missing% }"
    exit 1
}

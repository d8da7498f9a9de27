#!/bin/sh
# deps.sh -- installs the Debian packages that building, running and testing need and that are missing; does nothing when
# all are there. clang, clang-format and g++ are for tests alone: a second compiler, the layout of our C, and the emulator
# that runs CUDA.
set -eu
missing=
need() { missing="$missing $1"; }
has() { command -v "$1" > /dev/null; }
header() { echo "#include <$1>" | cc -E $2 - > /dev/null 2>&1; }

has gcc || need gcc
has g++ || need g++
header stdio.h "" || need libc6-dev
has pkg-config || need pkg-config
header lua.h -I/usr/include/lua5.4 || need liblua5.4-dev
header zlib.h "" || need zlib1g-dev
has lua5.4 || need lua5.4
has prove || need perl
has clang || need clang
has clang-format || need clang-format
has clang && echo 'int main(void) { return 0; }' | clang -fsanitize=address,undefined -x c - -o /dev/null 2> /dev/null || need libclang-rt-dev

[ -n "$missing" ] || exit 0
if ! has apt-get; then
    echo "deps: missing, by Debian's names:$missing; no apt-get here to install them with" >&2
    exit 1
fi
root=; [ "$(id -u)" -eq 0 ] || root=sudo
echo "deps: installing$missing"
$root apt-get update -q
# shellcheck disable=SC2086
exec $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing

#!/bin/sh
# flags_gcc.t -- nets, ops and examples as gcc builds them for users, and as newer ones do where they are installed.
cd "$(dirname "$0")/../.." || exit 1
compilers=gcc for_ops=x86-64-v3 for_nets=native
for version in 13 14 15 16; do
    if command -v gcc-$version > /dev/null; then compilers="$compilers gcc-$version"; fi
done
. tests/long/flags.sh

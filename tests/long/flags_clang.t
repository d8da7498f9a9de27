#!/bin/sh
# flags_clang.t -- nets, ops and examples as clang builds them for users.
cd "$(dirname "$0")/../.." || exit 1
compilers=clang for_ops=native for_nets=x86-64-v3
. tests/long/flags.sh

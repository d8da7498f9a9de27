#!/bin/sh
# flags_clang.t -- nets, ops and examples as clang builds them for users.
cd "$(dirname "$0")/../.." || exit 1
compilers=clang
. tests/long/flags.sh

#!/bin/sh
# bounds.t -- tests/bounds.t with every model, by both compilers in turn.
cd "$(dirname "$0")/../.." || exit 1
ALL=1 exec sh tests/bounds.t

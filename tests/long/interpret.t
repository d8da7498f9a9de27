#!/bin/sh
# interpret.t -- tests/interpret.t with the ops, random nets and models that it leaves.
cd "$(dirname "$0")/../.." || exit 1
ALL=1 exec sh tests/interpret.t

#!/bin/sh
# interpret.t -- tests/interpret.t with all ops, 100 random nets and more models.
cd "$(dirname "$0")/../.." || exit 1
ALL=1 exec sh tests/interpret.t

#!/bin/sh
# kernels.t -- tests/kernels.t in the builds that it leaves.
cd "$(dirname "$0")/../.." || exit 1
ALL=1 exec sh tests/kernels.t

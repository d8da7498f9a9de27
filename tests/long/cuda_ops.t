#!/bin/sh
# cuda_ops.t -- the programs that tests/cuda_ops.t leaves.
cd "$(dirname "$0")/../.." || exit 1
REST=1 exec sh tests/cuda_ops.t

#!/bin/sh
# cuda_ops.t -- tests/cuda_ops.t with every program both ways.
cd "$(dirname "$0")/../.." || exit 1
BOTH=1 exec sh tests/cuda_ops.t

#!/bin/sh
# references.t -- ACCEPTANCE's case 54 on ResNet-18: four updates of 2 x 4 hashed images, tails of 4 and 2, beside PyTorch.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/beside.sh
program() { prober "$@"; }
want="tests/reference/examples.txt --case" updates=4 at=4 data=hashed=16 weights=hashed threads=2 raw=raw
builds resnet18 examples/resnet18.lua -D steps=4 -D batch=8 -D micro_batch=4 && beside "54. ResNet-18" resnet18 resnet18
finish

#!/bin/sh
# references.t -- ACCEPTANCE's case 54 beside PyTorch: ResNet-18, four updates of 2 x 4 hashed images with tails of 4 and 2, in C; the
# other examples of nets.t in CUDA under the emulator.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
. tests/beside.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
want="tests/reference/examples.txt --case" weights=hashed raw=raw
target=c threads=2 updates=4 at=4 data=hashed=16
builds resnet18 examples/resnet18.lua -D steps=4 -D batch=8 -D micro_batch=4 && beside "54. ResNet-18" resnet18 resnet18

target=cuda threads=1 updates=50 at=20 data=hashed=2170
builds autoencoder examples/autoencoder.lua -D steps=50 -D batch=64 -D micro_batch=16 && beside "54. autoencoder, CUDA" autoencoder autoencoder
data=hashed=500
builds char_mlp examples/char_mlp.lua -D steps=50 && beside "54. char_mlp, CUDA" char_mlp char_mlp
finish

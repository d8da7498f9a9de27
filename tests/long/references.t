#!/bin/sh
# references.t -- ACCEPTANCE's case 54 beside PyTorch, for examples: ResNet-18, four updates of 2 x 4 hashed images with tails of 4 and 2,
# and the U-Net in C; two in C and in CUDA under the emulator.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
. tests/beside.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
want="tests/reference/examples.txt --case" weights=hashed raw=raw
# after two updates of eight images a ReLU of ResNet-18 is so near to 0 that float and double take different sides
target=c threads=2 updates=4 at=4 far=2 data=hashed=16
builds resnet18 examples/resnet18.lua -D steps=4 -D batch=8 -D micro_batch=4 && beside "54. ResNet-18" resnet18 resnet18

# The U-Net's rows are such that no ReLU is so near to 0 that float and double take different sides of it in ten updates; most are not,
# and one such element is a thousandth of a gradient: at update 20 there is one.
updates=50 at=20 far=18 data=hashed=165,mask%5
builds unet examples/unet.lua -D steps=50 -D batch=6 && beside "54. unet" unet unet
far=
for target in c cuda; do
    threads=1
    if [ $target = c ]; then threads=2; fi
    data=hashed=2170
    builds ${target}_autoencoder examples/autoencoder.lua -D steps=50 -D batch=64 -D micro_batch=16 && beside "54. autoencoder, $target" ${target}_autoencoder autoencoder
    data=hashed=500
    builds ${target}_char_mlp examples/char_mlp.lua -D steps=50 && beside "54. char_mlp, $target" ${target}_char_mlp char_mlp
done
finish

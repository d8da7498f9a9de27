#!/bin/sh
# nets.t -- ACCEPTANCE's case 54, 50 updates beside PyTorch with ragged tails: a convolutional net with GroupNorm and a net of two
# tasks, in C and in CUDA under the emulator; three of the examples in C. reference.t has the peers, long/references.t ResNet-18.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
. tests/beside.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
updates=50 at=20

rows=$work/rows data=$work/rows raw=
mkdir -p "$rows" && lua5.4 tests/nets_data.lua "$rows"
want="tests/reference/nets.txt --case"
for target in c cuda; do
    threads=1
    if [ $target = c ]; then threads=2; fi
    for net in conv tasks; do
        weights=$rows/$net.safetensors
        builds ${target}_$net tests/models/net_$net.lua && beside "54. $net, $target" ${target}_$net $net
    done
done

# The U-Net's rows are such that no ReLU is so near to 0 that float and double take different sides of it in ten updates; most are not,
# and one such element is a thousandth of a gradient.
want="tests/reference/examples.txt --case" weights=hashed raw=raw target=c threads=2
data=hashed=2170
builds autoencoder examples/autoencoder.lua -D steps=50 -D batch=64 -D micro_batch=16 && beside "54. autoencoder" autoencoder autoencoder
data=hashed=500
builds char_mlp examples/char_mlp.lua -D steps=50 && beside "54. char_mlp" char_mlp char_mlp
data=hashed=165,mask%5
builds unet examples/unet.lua -D steps=50 -D batch=6 && beside "54. unet" unet unet
finish

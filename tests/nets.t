#!/bin/sh
# nets.t -- ACCEPTANCE's case 54, 50 updates beside PyTorch with ragged tails: a convolutional net with GroupNorm and a net of two
# tasks, in C and in CUDA under the emulator (with PAIR in C alone). reference.t has the peers, long/references.t examples.
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
targets="c cuda"
if [ -n "$PAIR" ]; then targets=c; fi
for target in $targets; do
    threads=1
    if [ $target = c ]; then threads=2; fi
    for net in conv tasks; do
        weights=$rows/$net.safetensors
        builds ${target}_$net tests/models/net_$net.lua && beside "54. $net, $target" ${target}_$net $net
    done
done
finish

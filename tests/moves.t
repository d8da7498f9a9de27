#!/bin/sh
# moves.t -- axes cut and joined, rows gathered from a table, transposed convolutions, products read as images: losses and gradients are PyTorch's, in C and
# in CUDA (with PAIR in C alone).
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library || { tell 1 "the emulator"; finish; }

for model in moves embedding upconv corners edges; do
    want=tests/reference/$model.txt
    prober $model tests/models/$model.lua gagen_double -t c && "$work/$model" - - 2 1 1 > "$work/$model.out"
    yes "$model: C in double to 1e-12" compare "$work/$model.out" $want --loss 1e-12 --gradient 1e-12 --tensor 1e-12
    no "$model: the first gradient times 1 + 1e-9" compare "$work/$model.out" $want --gradient 1e-12 --tensor 1e-12 --scale 1.000000001
    [ -z "$PAIR" ] || continue
    cuda_prober ${model}_cuda tests/models/$model.lua gagen && emu_orders "$work/${model}_cuda" - - 1 1 1 > "$work/$model.cuda" 2> "$work/errors"
    tell $? "$model: CUDA under five orders"
    [ "$(sort "$work/$model.cuda" | uniq -c | awk '$1 != 5' | wc -l)" -eq 0 ]; tell $? "$model: of the same bits"
    head -n "$(($(wc -l < "$work/$model.cuda") / 5))" "$work/$model.cuda" > "$work/$model.cuda1"
    yes "$model: CUDA in float to 1e-6" compare "$work/$model.cuda1" $want --loss 1e-6 --gradient 1e-6 --tensor 2e-5
    no "$model: CUDA, the first gradient times 1.0001" compare "$work/$model.cuda1" $want --gradient 1e-6 --tensor 2e-5 --scale 1.0001
done
finish

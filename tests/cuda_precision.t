#!/bin/sh
# cuda_precision.t -- tf32 and bf16 on the device: what the library multiplies is rounded, sums and parameters are not.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library || { tell 1 "the emulator"; finish; }
$CC -O1 -std=gnu11 -Iruntime -Itests -DPROGRAM=mnist_mlp -c tests/probe.c -o "$work/probe.o"
model="examples/mnist_mlp.lua -D batch=16 -D micro_batch=4"

# in_precision NAME: three updates of the model in it, at the same weights and rows
in_precision() {
    # shellcheck disable=SC2086
    generate "$work/$1.cu" $model --library -t cuda -D precision="$1" &&
        emu_build "$work/$1" "$work/$1.cu" "$work/probe.o" -L. -lgagen $zlib -lm -lpthread 2> "$work/errors" &&
        "$work/$1" data/digits - 1 3 1 > "$work/$1.out"
}

for p in fp32 tf32 bf16; do in_precision $p; tell $? "$p: a program of three updates"; done
yes "tf32: near fp32" compare "$work/tf32.out" "$work/fp32.out" --loss 1e-3 --gradient 1e-2
no  "tf32: not fp32" compare "$work/tf32.out" "$work/fp32.out" --loss 1e-6 --gradient 1e-4
yes "bf16: near fp32" compare "$work/bf16.out" "$work/fp32.out" --loss 3e-3 --gradient 0.1
no  "bf16: not tf32" compare "$work/bf16.out" "$work/tf32.out" --loss 1e-6 --gradient 1e-3
grep -q '^    Params g, s_m, s_v;' "$work/bf16.cu"; tell $? "bf16: gradients and states are the fp32 Params"
finish

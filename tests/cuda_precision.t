#!/bin/sh
# cuda_precision.t -- tf32, bf16 and fp16 on the device: what the library multiplies is rounded, sums and parameters are not. Whatever list
# of kernels runs, it has the roundings that its products read.
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

# ---- lists of kernels that leave some out
near_to() { paste "$1" "$2" | awk '/nan/ { bad = 1 } $1 != "b" { d = $1 - $2; if (!(d <= 1e-5 && -d <= 1e-5)) bad = 1 } END { exit bad || NR < 3 }'; }
checkpoint=$work/two.st
predictions() { "$work/$1" --load $checkpoint --predict examples/cars.csv > "$work/$1.csv" 2> "$work/errors"; }
losses() { "$work/$1" --load $checkpoint --eval 2>&1 | sed -n 's/.*loss \([^ ]*\).*/\1/p' > "$work/$1.loss"; }
trainer exact tests/predict/two.lua && "$work/exact" --save $checkpoint > "$work/out" 2>&1
predictions exact
losses exact
for p in bf16 fp16; do
    cuda_trainer two_$p tests/predict/two.lua -D precision=$p && trainer c_$p tests/predict/two.lua -D precision=$p
    for from in two_$p c_$p; do predictions $from; losses $from; done
    yes "$p: a prediction rounds what its products read: the numbers are C's" near_to "$work/two_$p.csv" "$work/c_$p.csv"
    no "$p: those of fp32 are others" near_to "$work/two_$p.csv" "$work/exact.csv"
    yes "$p: so does an evaluation" cmp "$work/two_$p.loss" "$work/c_$p.loss"
    no "$p: those of fp32 are others" cmp "$work/two_$p.loss" "$work/exact.loss"
done
sed '/^static void output_steps/,/^}/{/h_rounded/d;}' "$work/two_bf16.cu" > "$work/left_out.cu"
emulated left_out gagen && predictions left_out
no "a rounding that is left out is seen" near_to "$work/left_out.csv" "$work/c_bf16.csv"
grep -q 'half_p' "$work/two_bf16.cu" && ! grep -q 'dev->half\[' "$work/two_bf16.cu"; tell $? "roundings lie in the arena, those of parameters apart"

counted() { rm -f "$work/$1.jsonl"; "$work/$1" --log "$work/$1.jsonl" > "$work/out" 2>&1; log_field "$work/$1.jsonl" loss > "$work/$1.loss"; }
within() { paste "$work/$1.loss" "$work/$2.loss" | awk '{ d = $1 - $2; if (!(d <= 1e-2 * $2 && -d <= 1e-2 * $2)) bad = 1 } END { exit bad || NR < 3 }'; }
cuda_trainer counted_exact tests/cuda/weighed.lua && counted counted_exact
cuda_trainer counted_bf16 tests/cuda/weighed.lua -D precision=bf16 && counted counted_bf16
yes "a count rounds what its products read" within counted_bf16 counted_exact
sed 's/= gg_round(/&2 * /' "$work/counted_bf16.cu" > "$work/doubled.cu"
emulated doubled gagen && counted doubled
no "roundings of other values are seen" within doubled counted_exact
finish

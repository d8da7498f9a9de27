#!/bin/sh
# cuda.t -- the examples in CUDA, run by the emulator, which watches every access: gradients and losses beside the C target in
# double, bits that no schedule changes, and the program with a command line. tests/long/cuda.t has mnist_cnn.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
[ -d data/digits ] || make data/digits > "$work/said" 2>&1
GAGEN_DATA=$PWD/data
export GAGEN_DATA
small="-D batch=16 -D micro_batch=4"

# where MODEL: the data that the test gives it
where() { case $1 in mnist_*) echo data/digits ;; *) echo - ;; esac; }

# same WHAT VARIABLE... -- PROGRAM: it prints what $work/$model.0 holds
same() {
    local what=$1; shift
    env "$@" > "$work/$model.now" 2> "$work/errors" && cmp -s "$work/$model.now" "$work/$model.0"
    tell $? "$model: $what"
    head -n 3 "$work/errors" | sed 's/^/# /'
}

# ---- the examples at batch 4 x 4
for model in mnist_mlp multitask; do
    at=$(where $model) updates=20
    cuda_prober $model examples/$model.lua gagen $small || continue
    [ ! -s "$work/errors" ]; tell $? "$model: g++ compiles it without a word"
    cuda_prober ${model}_apart examples/$model.lua gagen $small --no-reuse && prober ${model}_c examples/$model.lua gagen_double $small || continue
    run="$work/$model $at - 1 $updates 1 $updates"
    "$work/$model" "$at" - 1 0 save="$work/$model.st" > "$work/said"
    $run > "$work/$model.0"
    "$work/${model}_c" "$at" resume="$work/$model.st" 2 $updates 1 > "$work/$model.double"
    yes "$model: gradients are those of C in double from the same weights, and so are the first losses" \
        compare "$work/$model.0" "$work/$model.double" --tensor 1e-4 --loss 1e-6 --updates 10
    no "$model: one gradient times 1.001" compare "$work/$model.0" "$work/$model.double" --tensor 1e-4 --scale 1.001
    cmp -s "$work/$model.0" "$work/$model.double"; [ $? -eq 1 ]; tell $? "control: $model: double has other bits"
    "$work/$model" "$at" - 1 19 save="$work/$model.st" > "$work/said"
    for build in "" _c; do "$work/$model$build" "$at" resume="$work/$model.st" 1 1 1 > "$work/$model.20$build"; done
    yes "$model: gradients of update 20 from the same weights" compare "$work/$model.20" "$work/$model.20_c" --tensor 1e-4
    for order in 1:1 2:1 2:2 2:3; do
        same "order ${order%:*}, seed ${order#*:}: the bits of order 0" GG_EMU_ORDER=${order%:*} GG_EMU_SEED=${order#*:} $run
    done
    same "captured or not: the same bits" GG_NO_GRAPH=1 $run
    same "data on the device or streamed to it: the same bits" GG_STREAM=1 $run
    same "with --no-reuse the same bits" "$work/${model}_apart" ${run#* }
done

# ---- at their own batch
for model in mnist_mlp multitask; do
    at=$(where $model)
    cuda_prober ${model}_own examples/$model.lua gagen && prober ${model}_own_c examples/$model.lua gagen_double || continue
    run="$work/${model}_own $at - 1 2 1"
    $run > "$work/$model.0"
    "$work/${model}_own" "$at" - 1 0 save="$work/$model.st" > "$work/said"
    "$work/${model}_own_c" "$at" resume="$work/$model.st" 2 2 1 > "$work/$model.double"
    yes "$model at its own batch: the gradient and losses of C in double" \
        compare "$work/$model.0" "$work/$model.double" --tensor 1e-4 --loss 1e-6
    same "order 1, at its own batch" GG_EMU_ORDER=1 $run
done

# ---- the program with a command line
cuda_trainer train examples/mnist_mlp.lua $small && trainer train_c examples/mnist_mlp.lua $small
# weights FILE: of a checkpoint, moments too
weights() { tail -c $((4 * 3 * 203530)) "$1" | cksum; }
# files NAME: where a run saves and logs
files() { echo --data data/digits --steps 24 --save "$work/$1.st" --log "$work/$1.log"; }
train() {
    local to=$1
    shift
    "$work/train" $(files $to) "$@" > "$work/$to.out" 2> "$work/errors"
}
rm -f "$work"/*.st* "$work"/*.log
train whole; tell $? "24 updates, saved and logged: $(tail -n 1 "$work/whole.out")"
"$work/train_c" $(files c) > "$work/said" 2>&1
for field in samples lr; do
    log_field "$work/whole.log" $field > "$work/said"
    [ "$(wc -l < "$work/said")" -eq 24 ] && [ "$(log_field "$work/c.log" $field)" = "$(cat "$work/said")" ]
    tell $? "the log's $field are those of the program in C"
done
near "$(log_field "$work/whole.log" loss | tail -n 1)" "$(log_field "$work/c.log" loss | tail -n 1)" 1e-4; tell $? "and the last loss, nearly"
: > "$work/cut.log"
"$work/train" $(files cut) --save-every 1 > "$work/said" 2>&1 & pid=$!
until [ "$(wc -l < "$work/cut.log")" -ge 4 ] || ! kill -0 $pid 2> /dev/null; do sleep 0.05; done
kill -INT $pid
wait $pid
[ $? -eq 130 ] && done=$(log_field "$work/cut.log" loss | wc -l) && [ "$done" -lt 24 ]; tell $? "interrupted and saved, $done updates by then"
GG_STREAM=1 train cut --resume
[ "$(log_facts "$work/cut.log")" = "$(log_facts "$work/whole.log")" ]; tell $? "--resume: every loss and validation of the run that nobody disturbed"
[ "$(weights "$work/cut.st")" = "$(weights "$work/whole.st")" ]; tell $? "weights and moments too, bit for bit"
train other --seed 1
[ "$(weights "$work/other.st")" != "$(weights "$work/whole.st")" ]; tell $? "control: another seed, others"
"$work/train" --data data/digits --eval --load "$work/whole.st.best" > "$work/said" 2>&1
grep -q '^test .*accuracy' "$work/whole.out" && [ "$(grep '^test' "$work/said")" = "$(grep '^test' "$work/whole.out")" ]
tell $? "--eval of the best weights says what training said at its end"
GG_EMU_DEVICES=0 "$work/train" $(files none) > "$work/said" 2>&1
[ $? -eq 3 ] && grep -q 'gagen -t c' "$work/said"; tell $? "no device: exit 3, $(tail -n 1 "$work/said")"
GG_EMU_MEMORY=34000000 "$work/train" $(files none) > "$work/said" 2>&1
[ $? -eq 3 ] && grep -q 'micro_batch' "$work/said"; tell $? "no memory: exit 3, $(tail -n 1 "$work/said")"
finish

#!/bin/sh
# batchnorm.t -- ACCEPTANCE's case 37: batch norm in windows beside PyTorch, in C and in CUDA under the emulator.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
rows=$work/rows
mkdir -p "$rows" && lua5.4 tests/nets_data.lua "$rows"
want=tests/reference/batch_norm.txt model=tests/models/batch_norm.lua

program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
run() {
    local probe=$work/$1 threads=$2
    shift 2
    "$probe" "$rows" "$rows/batch_norm.safetensors" $threads "$@"
}
mode() {
    case $1 in micro) ;; window) echo -D momentum=window ;; part) echo -D freeze=true ;; *) echo -D stats=$1 ;; esac
}

for target in c cuda; do
    for m in micro window pooled frozen part; do
        if [ $target = cuda ] && [ $m != micro ] && [ $m != pooled ]; then continue; fi
        name=${target}_$m
        program $name $model gagen_double $(mode $m) && run $name 2 20 1 > "$work/$name.out"
        yes "37. $m, $target: 20 losses, weights and running statistics are PyTorch's to 1e-12" \
            compare "$work/$name.out" $want --case $m --loss 1e-12 --gradient 1e-12 --weight 1e-12
    done
    no "37. $target: statistics pooled where each micro-batch moves them" \
        compare "$work/${target}_pooled.out" $want --case micro --weight 1e-12
done
no "37. c: momentum as given where K of it make one" compare "$work/c_micro.out" $want --case window --weight 1e-12
no "37. c: a layer in training where it is frozen" compare "$work/c_micro.out" $want --case part --loss 1e-12

# In float, and with what should change nothing.
for target in c cuda; do
    program ${target}_float $model gagen && run ${target}_float 1 1 1 > "$work/$target.float"
    program ${target}_one $model gagen_double && run ${target}_one 1 1 1 > "$work/$target.double"
    yes "37. $target, in float: running statistics and weights of one update to 1e-6" \
        compare "$work/$target.float" "$work/$target.double" --loss 1e-6 --weight 1e-6
done
run c_float 1 20 1 > "$work/threads.1"
run c_float 3 20 1 > "$work/threads.3"
yes "three threads give the same bits" cmp "$work/threads.1" "$work/threads.3"
prober c_apart $model gagen --no-reuse && run c_apart 2 20 1 > "$work/apart"
yes "--no-reuse gives the same bits" cmp "$work/threads.1" "$work/apart"
prober c_again $model gagen -D recompute=all && run c_again 2 20 1 > "$work/again"
yes "36. recompute = \"all\" gives the same bits, statistics move once" cmp "$work/threads.1" "$work/again"
finish

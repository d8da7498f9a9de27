#!/bin/sh
# nets.t -- ACCEPTANCE's case 54: a convolutional net with GroupNorm and a net of two tasks, 50 updates of 4 x 8 rows with ragged
# tails, beside PyTorch, in C and in CUDA under the emulator. reference.t has the peers.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
rows=$work/rows
mkdir -p "$rows" && lua5.4 tests/nets_data.lua "$rows"
want=tests/reference/nets.txt

program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
# updates NAME NET COUNT ARGUMENT...: what the probe prints, from the first weights
updates() {
    local probe=$work/$1 from=$rows/$2.safetensors
    shift 2
    "$probe" "$rows" "$from" $threads "$@"
}
loss_of() { awk -v c="case $1" -v u="$2" '$1 == "case" { on = $0 == c } on && $1 == "loss" && $2 == u { print $3 }' $want; }

for target in c cuda; do
    threads=1
    if [ $target = c ]; then threads=2; fi
    for net in conv tasks; do
        model=tests/models/net_$net.lua name=${target}_$net
        rate=0.0505
        if [ $net = tasks ]; then rate=1.01e-2; fi
        for build in float double; do
            library=gagen
            if [ $build = double ]; then library=gagen_double; fi
            program ${name}_$build $model $library
            updates ${name}_$build $net 50 1 20 > "$work/$name.$build"
        done
        if [ $target = c ]; then
            program off_$net $model gagen_double -D lr=$rate
            updates off_$net $net 50 > "$work/$net.off"
        fi

        yes "54.1 $net, $target, in double: 50 losses, the gradients of updates 1 and 20 and the weights are PyTorch's to 1e-9" \
            compare "$work/$name.double" $want --case "$net double" --loss 1e-9 --gradient 1e-9 --weight 1e-9
        no "54.1 lr times 1.01" compare "$work/$net.off" $want --case "$net double" --loss 1e-9 --weight 1e-9

        updates ${name}_float $net 19 save="$work/$name.19.safetensors" > "$work/said"
        for build in float double; do
            updates ${name}_$build $net 1 1 > "$work/$name.$build.1"
            "$work/${name}_$build" "$rows" "resume=$work/$name.19.safetensors" $threads 1 1 > "$work/$name.$build.20"
        done
        for at in 1 20; do
            yes "54.2 $net, $target: gradients of update $at in float and in double from the same weights" \
                compare "$work/$name.float.$at" "$work/$name.double.$at" --tensor 1e-4
            no "54.2 one gradient times 1.001" compare "$work/$name.float.$at" "$work/$name.double.$at" --tensor 1e-4 --scale 1.001
        done
        yes "54.3 $net, $target, in float: the first 10 losses are PyTorch's in double to 1e-6" \
            compare "$work/$name.float" $want --case "$net double" --loss 1e-6 --updates 10
        no "54.3 lr times 1.01" compare "$work/$net.off" $want --case "$net double" --loss 1e-6 --updates 10
        for u in 20 50; do
            echo "# update $u: gagen $(awk -v u=$u '$1 == "loss" && $2 == u { print $3 }' "$work/$name.float")," \
                "PyTorch $(loss_of "$net float" $u), in double $(loss_of "$net double" $u)"
        done
    done
done
finish

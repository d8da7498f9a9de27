#!/bin/sh
# cuda.t -- what takes the emulator long: mnist_cnn for 20 updates, for 3 under every order, and at its own batch; a job to its end.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
work=build/tests/long_cuda
mkdir -p $work
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
GAGEN_DATA=$PWD/data
export GAGEN_DATA
small="-D batch=16 -D micro_batch=4"
model=mnist_cnn
running=

# begin WHAT VARIABLE... PROGRAM: prints into $work/WHAT.out, two at a time
begin() {
    local what=$1
    shift
    env "$@" > "$work/$what.out" 2> "$work/$what.err" &
    running="$running $!"
    [ "$(echo "$running" | wc -w)" -lt 2 ] || wait_first
}
wait_first() {
    # shellcheck disable=SC2086
    set -- $running
    wait "$1"
    shift
    running=$*
}
same() { [ -s "$work/$1.out" ] && cmp -s "$work/$1.out" "$work/$2.out"; tell $? "$model: $3"; head -n 3 "$work/$1.err" | sed 's/^/# /'; }

# ---- 20 updates at batch 4 x 4, and 3 in several ways
cuda_prober small examples/$model.lua gagen $small && cuda_prober apart examples/$model.lua gagen $small --no-reuse &&
    prober small_c examples/$model.lua gagen_double $small && cuda_prober own examples/$model.lua gagen &&
    prober own_c examples/$model.lua gagen_double && cuda_trainer whole examples/multitask.lua || finish
from="data/digits - 1 20 1 20" three="data/digits - 1 3 1 3"
"$work/small" data/digits - 1 0 save="$work/first.st" > "$work/said"
begin long "$work/small" $from save="$work/last.st"
begin order_0 "$work/small" $three
for order in 1:1 2:1 2:2 2:3; do begin order_$order GG_EMU_ORDER=${order%:*} GG_EMU_SEED=${order#*:} "$work/small" $three; done
begin apart "$work/apart" $three
begin called GG_NO_GRAPH=1 "$work/small" $three
begin streamed GG_STREAM=1 "$work/small" $three
begin whole "$work/whole"
for order in 0 1; do begin own_$order GG_EMU_ORDER=$order "$work/own" data/digits - 1 2 1; done
while [ -n "$running" ]; do wait_first; done
"$work/small_c" data/digits resume="$work/first.st" 2 20 1 > "$work/double.out"
yes "$model: the gradient of C in double from the same weights, and 10 losses" \
    compare "$work/long.out" "$work/double.out" --tensor 1e-4 --loss 1e-6 --updates 10
for build in small small_c; do "$work/$build" data/digits resume="$work/last.st" 1 1 1 > "$work/$build.out"; done
yes "$model: and from the weights after 20 updates" compare "$work/small.out" "$work/small_c.out" --tensor 1e-4
no "$model: one gradient times 1.001" compare "$work/small.out" "$work/small_c.out" --tensor 1e-4 --scale 1.001
for order in 1:1 2:1 2:2 2:3; do same order_$order order_0 "3 updates, order ${order%:*}, seed ${order#*:}: the bits of order 0"; done
same apart order_0 "3 updates, with --no-reuse the same bits"
same called order_0 "3 updates, captured or not: the same bits"
same streamed order_0 "3 updates, data on the device or streamed to it: the same bits"

# ---- at its own batch
"$work/own" data/digits - 1 0 save="$work/own_first.st" > "$work/said"
"$work/own_c" data/digits resume="$work/own_first.st" 2 2 1 > "$work/double.out"
yes "$model at its own batch: the gradient of C in double, and both losses" \
    compare "$work/own_0.out" "$work/double.out" --tensor 1e-4 --loss 1e-6
same own_1 own_0 "2 updates at its own batch, order 1"

# ---- multitask to its end
# reaches LEAST FILE: the last line that tells test accuracy says no less
reaches() {
    awk -v least="$1" '
        /^test / { for (i = 1; i < NF; i++) if ($i ~ /brand|accuracy/ && $(i + 1) + 0 > best) best = $(i + 1) + 0 }
        END { print "test accuracy", best; exit !(best >= least) }' "$2"
}
yes "multitask: the brand of 92 % of the cars" reaches 92 "$work/whole.out"
"$work/whole" --steps 3 > "$work/three.out" 2>&1
no "multitask after 3 updates" reaches 92 "$work/three.out"
finish

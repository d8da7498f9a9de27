#!/bin/sh
# cases.t -- ACCEPTANCE's cases that need programs of their own, by number, each with its control. window.t has the others.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
target=c
. tests/cases.sh

# ---- 2: the same bits however a window is split
sed 's/"rows_1024"/"rows_1003"/; s/batch = 1024/batch = 1000/; s/option("micro_batch", 1024)/option("micro_batch", 1000)/
s/steps = 1/steps = 1, deterministic = option("deterministic", "split")/' $models/window_even.lua > "$work/window_thousand.lua"
prober thousand_1000 "$work/window_thousand.lua" gagen
run thousand_1000 "$data" - 2 1 1 > "$work/thousand.out"
for k in 2 4 5 8 10 20 25 50 100 125 1000; do
    prober thousand "$work/window_thousand.lua" gagen -D micro_batch=$((1000 / k))
    run thousand "$data" - 2 1 1 | cmp -s - "$work/thousand.out"; tell $? "2. 1,000 rows, K = $k: the gradient of K = 1, bit for bit"
done
prober thousand_off "$work/window_thousand.lua" gagen -D micro_batch=100 -D deterministic=threads
run thousand_off "$data" - 2 1 1 > "$work/thousand_off.out"
! cmp -s "$work/thousand_off.out" "$work/thousand.out"; tell $? "control: 2. micro-batches summed first, then added, have other bits"
yes "2. and pass case 1 all the same" compare "$work/thousand_off.out" "$work/thousand.out" --gradient 1e-6 --loss 1e-6
prober split_all $models/window_split.lua gagen
run split_all "$data" - 2 5 1 2 5 > "$work/split.out"
for m in 12 8 3 1; do
    prober split_part $models/window_split.lua gagen -D micro_batch=$m
    for threads in 1 2; do
        run split_part "$data" - $threads 5 1 2 5 | cmp -s - "$work/split.out"
        tell $? "2. convolutions, norms, an embedding, dropout, 5 updates of $((24 / m)) x $m, $threads threads: the bits of 1 x 24"
    done
done
# The norm is added up in the order of memory: parameters have one, whatever the split.
order() { ./gagen -t c "$@" $models/window_split.lua | sed -n '/^typedef struct {/,/^} Params;/p' | cksum; }
one_order() { [ "$(order -D micro_batch=1 "$@")" = "$(order -D micro_batch=12 "$@")" ]; }
yes "2. parameters lie in one order, in which the norm is added up" one_order
no "2. without deterministic" one_order -D deterministic=threads
prober split_off $models/window_split.lua gagen -D micro_batch=3 -D deterministic=threads
run split_off "$data" - 2 5 1 2 5 | cmp -s - "$work/split.out"; [ $? -ne 0 ]; tell $? "control: 2. without deterministic"
run split_off "$data" - 2 5 1 2 5 > "$work/split_off.out"
yes "2. whose gradients are nearly the same" compare "$work/split_off.out" "$work/split.out" --gradient 1e-6 --loss 1e-6 --weight 1e-4
! ./gagen -t cuda $models/window_split.lua > "$work/said" 2>&1 && grep -q 'is only for C' "$work/said"
tell $? "2. the other target says that it is an error"

# ---- 43: what a window runs, by the text of the program
./gagen -t c -D micro_batch=4 $models/case_resume.lua > "$work/window.c"
# calls TEXT FUNCTION: how often it is called in it
calls() { grep -cE "(^|[ ;])$2\\(" "$1"; }
part() { sed -n "/^static void $1(.*[^;]\$/,/^}/p" "$2" > "$work/part"; }
part update "$work/window.c"
[ "$(calls "$work/part" optimize)" = 1 ] && [ "$(calls "$work/part" prepare)" -le 1 ]; tell $? "43. an update runs the optimizer once and makes weights' copies once"
[ "$(grep -cE '^ +norm\(t\)' "$work/window.c")" = 1 ]; tell $? "43. the norm is taken once a window"
part window_full "$work/window.c"
[ "$(calls "$work/part" micro_first)" = 1 ] && [ "$(calls "$work/part" micro_next)" = 7 ] && ! grep -qE "optimize|norm|prepare" "$work/part"
tell $? "43. a window of eight: one micro-step that stores, seven that add, nothing between them"
! grep -qE 'memset|zero_grad' "$work/window.c"; tell $? "43. nothing is filled with zeros"
sed 's/^    micro_first(t, .*/    memset(\&g, 0, sizeof g);\n&/' "$work/window.c" > "$work/filled.c"
grep -qE 'memset|zero_grad' "$work/filled.c"; tell $? "control: 43. where something is"
finish

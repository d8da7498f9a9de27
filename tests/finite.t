#!/bin/sh
# finite.t -- what a window does with NaN and infinity, in C and in CUDA: ACCEPTANCE's cases by number, each with its control.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
window_data
model=tests/models/window_finite.lua
state=$((4 * 3 * (12 * 16 + 12 + 6 * 12 + 6)))          # bytes of the perceptron's weights and moments

# 160 rows: 10 windows of 4 x 4.  bad NAME COLUMN ROW...: the same with a 0 there; 18 is a, the gradient's, 19 is b, the loss's
cut -d, -f1-17 "$data/masked_1.csv" | head -n 161 | sed '1s/$/,a,b/; 2,$s/$/,1,1/' > "$work/finite.csv"
bad() {
    awk -F, -v OFS=, -v c="$2" -v rows=" $(shift 2; echo "$*") " 'index(rows, " " NR - 1 " ") { $c = 0 } { print }' \
        "$work/finite.csv" > "$work/$1.csv"
}
# without FROM TO: finite.csv less these rows
without() { awk -v a="$1" -v b="$2" 'NR - 1 < a || NR - 1 > b' "$work/finite.csv" > "$work/without.csv"; }

awk -F, -v OFS=, 'NR == 70 { $19 = "1e-36" } { print }' "$work/finite.csv" > "$work/over.csv"
sed 's/epochs = 1,/epochs = 1, ema = 0.99,/' $model > "$work/window_finite.lua"

# of_target c or cuda: the suffix of its files, how its programs are made
of_target() {
    case $1 in
        c) file=c prober=prober trainer=trainer threads=2 ;;
        cuda) file=cu prober=cuda_prober trainer=cuda_trainer threads=1 ;;
    esac
}
run() { "$work/$1" "$work/$2.csv" "$data/perceptron.safetensors" $threads "$3" $4; }

# after N NAME ROWS: weights and moments behind N windows, bit for bit
after() {
    run "$2" "$3" "$1" save="$work/at" > "$work/said" && tail -c $state "$work/at" | cksum
}

# edited NEW OLD SCRIPT [MODEL]: the probed program OLD with an edit; the text must have changed
edited() {
    sed "$3" "$work/$2.$file" > "$work/$1.$file"
    if cmp -s "$work/$1.$file" "$work/$2.$file"; then tell 1 "the control $1 is another text"; return; fi
    case $file in
        c) quick compile "$work/$1" "tests/probe.c $work/$1.c" gagen -DPROGRAM="$(basename "${4:-$model}" .lua)" ;;
        cu) emulated "$1" gagen tests/probe.c "$(basename "${4:-$model}" .lua)" ;;
    esac
}

for target in c cuda; do
    of_target $target

    # ---- 21: window 5 holds rows 65 to 80
    $prober skip_$target $model gagen
    for column in 18 19; do
        for row in 65 69 73 77; do
            bad bad_${column}_$row $column $row
            [ "$(after 4 skip_$target bad_${column}_$row)" = "$(after 5 skip_$target bad_${column}_$row)" ]
            tell $? "21. $target: row $row of window 5 (column $column) is seen: weights and moments keep every bit"
        done
    done
    [ "$(after 4 skip_$target finite)" != "$(after 5 skip_$target finite)" ]; tell $? "control: 21. $target: a finite window changes them"
    edited unseen_$target skip_$target '/DBL_MAX/d'
    [ "$(after 4 unseen_$target bad_18_69)" != "$(after 5 unseen_$target bad_18_69)" ]; tell $? "control: 21. $target: nobody looks"

    quick $trainer train_$target $model
    "$work/train_$target" --data "$work/bad_19_69.csv" --log "$work/log" > "$work/out"
    [ "$(log_field "$work/log" samples | tr '\n' ' ')" = "16 32 48 64 80 96 112 128 144 160 " ]; tell $? "21. $target: the rows go on after the window"
    [ "$(log_field "$work/log" lr | sed -n 5,6p | sort -u | wc -l)" = 1 ]; tell $? "21. $target: lr waits for the next one"
    [ "$(log_field "$work/log" lr | sed -n 6,7p | sort -u | wc -l)" = 2 ]; tell $? "control: 21. $target: after a finite one it does not"
    [ "$(grep -c '"skipped":true' "$work/log")" = 1 ] && grep -q '^1 of 10 windows changed nothing' "$work/out"
    tell $? "21. $target: one window is told to be left out"
    log_field "$work/log" loss | grep -q null; tell $? "48. $target: its NaN is shown"

    # ---- 21: drop_micro
    $prober drop_$target $model gagen -D nonfinite=drop_micro
    $prober three_$target $model gagen -D nonfinite=keep -D batch=12
    for k in 1 2 3 4; do
        bad dropped 19 $((4 * k - 1))
        without $((4 * k - 3)) $((4 * k))
        run three_$target without 1 1 > "$work/three.out"
        run drop_$target dropped 1 1 > "$work/drop.out"
        yes "21. $target: micro-batch $k of 4 is dropped: loss and gradient of the other three" \
            compare "$work/drop.out" "$work/three.out" --gradient 1e-6 --loss 1e-6
    done
    edited same_$target drop_$target 's/w\.scale_out = divisor != 0 ? (real)(1 \/ divisor)/w.scale_out = divisor != 0 ? (real)(1 \/ 16.0)/'
    run same_$target dropped 1 1 > "$work/same.out"
    no "21. $target: N stays what it was" compare "$work/same.out" "$work/three.out" --gradient 1e-6
    case $target in
        c) edited adds_$target drop_$target 's/if (w\.kept == 1) backward_first/if (m->from == 0) backward_first/' ;;
        cuda) edited adds_$target drop_$target 's/kept++ ? &next : &first/k ? \&next : \&first/' ;;
    esac
    bad second 19 19
    run drop_$target second 2 2 > "$work/drop.out"
    run adds_$target second 2 2 > "$work/adds.out"
    no "21. $target: the first that is kept adds to what the window before left" compare "$work/adds.out" "$work/drop.out" --weight 1e-5
    bad all 19 65 69 73 77
    [ "$(after 4 drop_$target all)" = "$(after 5 drop_$target all)" ]; tell $? "21. $target: a window of which all is dropped changes nothing"
    [ "$(after 4 drop_$target bad_19_69)" != "$(after 5 drop_$target bad_19_69)" ]; tell $? "control: 21. $target: one of which something is left does"
    [ "$(after 4 drop_$target bad_18_69)" = "$(after 5 drop_$target bad_18_69)" ]; tell $? "21. $target: what a backward makes voids the window"
    run drop_$target finite 3 3 > "$work/drop.out"
    run skip_$target finite 3 3 > "$work/skip.out"
    yes "21. $target: where all is finite nothing changes" compare "$work/drop.out" "$work/skip.out" --loss 1e-6 --weight 1e-5

    # ---- 19: loss scales
    hundred=tests/models/window_adamw.lua
    $prober plain_$target $hundred gagen -D micro_batch=8
    # a program whose loss scale is that of the environment
    $prober whole_$target $hundred gagen -D micro_batch=8 -D loss_scale=3
    case $target in
        c) edited scaled_c whole_c '/gagen.h"/s/$/\n#include <stdlib.h>/; s/to->loss_scale/atof(getenv("SCALE"))/g' $hundred ;;
        cuda) edited scaled_cuda whole_cuda 's/\.loss_scale = 3/.loss_scale = atof(getenv("SCALE"))/' $hundred ;;
    esac
    # hundred NAME: weights and moments after 100 updates of 8 x 8, bit for bit
    hundred() {
        "$work/$1" "$data" "$data/perceptron.safetensors" $threads 100 save="$work/at" > "$work/said" && tail -c $state "$work/at" | cksum
    }
    plain=$(hundred plain_$target) same=0
    powers="0 4 8 12 16"; [ $target = cuda ] || powers="0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16"
    for power in $powers; do
        [ -n "$plain" ] && [ "$(SCALE=$((1 << power)) hundred scaled_$target)" = "$plain" ] && same=$((same + 1))
    done
    [ $same -eq "$(echo "$powers" | wc -w)" ]; tell $? "19. $target: loss scales of 2 to the power of $powers: weights and moments of none after 100 updates, bit for bit"
    [ "$plain" != "$(SCALE=1000 hundred scaled_$target)" ]; tell $? "control: 19. $target: one of 1,000"

    # ---- 20: scales that change
    # overflow: window 5 is finite, but not at a scale of 65,536
    $prober over_$target "$work/window_finite.lua" gagen -D start=32768 -D interval=3
    edited voids_$target over_$target 's/\.loss_scale = 32768, \.scale_interval = 3/.loss_scale = 1/'
    # behind N NAME: weights, moments and averages behind N windows, bit for bit; what the checkpoint says beside them is in checkpoint
    behind() {
        run "$2" over "$1" save="$work/at" > "$work/said" && tail -c $((state / 3 * 4)) "$work/at" | cksum
        grep -a -o -E '"(skipped|samples|loss_scale)":"[^"]*"' "$work/at" | tr '\n' ' ' > "$work/checkpoint"
    }
    four=$(behind 4 over_$target); [ "$(cat "$work/checkpoint")" = '"skipped":"0" "samples":"64" "loss_scale":"0x1p+16 1" ' ] && four=$four.
    five=$(behind 5 over_$target); [ "$(cat "$work/checkpoint")" = '"skipped":"1" "samples":"80" "loss_scale":"0x1p+15 0" ' ] && five=$five.
    [ "$four" = "$five" ] && [ "${four%.}" != "$four" ]
    tell $? "20, 29. $target: a window that overflows changes no bit of weights, moments and averages; it is skipped, its rows are read, the scale halves once"
    [ "$(behind 4 voids_$target)" != "$(behind 5 voids_$target)" ] && grep -q '"skipped":"0"' "$work/checkpoint"; tell $? "control: 20, 29. $target: at scale 1 it is finite"
    # scales: the loss scale of each window, in units of 32,768
    scales() { log_field "$work/log" loss_scale | awk '{ printf("%s%g", NR > 1 ? " " : "", $1 / 32768) }'; }
    quick $trainer dynamic_$target $model -D start=32768 -D interval=3
    "$work/dynamic_$target" --data "$work/bad_18_69.csv" --log "$work/log" --load "$data/perceptron.safetensors" --save "$work/dynamic.st" > "$work/out"
    [ "$(scales)" = "1 1 1 2 2 1 1 1 2 2" ]; tell $? "20. $target: doubled after 3 windows, halved after the 5th, doubled after 3 more: $(scales)"
    [ "$(tail -c $state "$work/dynamic.st" | cksum)" = "$(after 10 skip_$target bad_18_69)" ]
    tell $? "20. $target: weights and moments bit for bit those without a scale"
    quick $prober steps_$target $model gagen -D start=32768 -D interval=3
    # kept N FROM: the scale and the count in the checkpoint behind N windows more
    kept() {
        "$work/steps_$target" "$work/bad_18_69.csv" "$2" $threads "$1" save="$work/at" > "$work/said"
        grep -a -o '"loss_scale":"[^"]*"' "$work/at"
    }
    ten=$(kept 10 -) seven=$(kept 7 -)
    cp "$work/at" "$work/seven.st"
    [ "$(kept 3 resume="$work/seven.st")" = "$ten" ] && [ "$seven" = '"loss_scale":"0x1p+15 2"' ]
    tell $? "50. $target: the checkpoint holds scale and count, $seven; resumed they end as they would have: $ten"
    [ "$(kept 2 resume="$work/seven.st")" != "$ten" ]; tell $? "control: 50. $target: a window earlier"
    quick $trainer interval_$target $model -D start=32768 -D interval=1
    "$work/interval_$target" --data "$work/bad_18_69.csv" --log "$work/log" > "$work/out"
    [ "$(scales)" != "1 1 1 2 2 1 1 1 2 2" ]; tell $? "control: 20. $target: where the interval is another: $(scales)"

    if [ $target = c ]; then
        generate "$work/whole.c" $model --standalone -D start=32768 -D interval=3
        sed 's/++at->finite == r->p->schedule.scale_interval/(at->finite += 4) >= r->p->schedule.scale_interval/' "$work/whole.c" > "$work/micros.c"
        cmp -s "$work/whole.c" "$work/micros.c"; [ $? -eq 1 ] || tell 1 "the fault is planted"
        quick compile "$work/micros" "$work/micros.c" gagen && "$work/micros" --data "$work/bad_18_69.csv" --log "$work/log" > "$work/out"
        [ "$(scales)" = "1 2 4 8 16 8 16 32 64 128" ]; tell $? "control: 20. 3 micro-batches in the place of 3 windows: $(scales)"
    fi

    # ---- abort
    quick $trainer abort_$target $model -D nonfinite=abort
    for column in 18 19; do
        "$work/abort_$target" --data "$work/bad_${column}_73.csv" > "$work/out" 2> "$work/err"
        [ $? -eq 1 ] && grep -qx "error: update 5: its gradient is not finite from micro-batch 3 of 4 on, samples 9 to 12 of the window" "$work/err"
        tell $? "21. $target: abort names the window and the micro-batch (column $column)"
    done
    "$work/abort_$target" --data "$work/finite.csv" > "$work/out" 2>&1; tell $? "control: 21. $target: nothing to abort"
done
finish

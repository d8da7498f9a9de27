#!/bin/sh
# window.t -- what a window means: ACCEPTANCE's cases by number, each with its control.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
window_data
models=tests/models
want=tests/reference/windows.txt
run() { "$work/$1" "$data" "$data/$2.safetensors" 2 "$3" $4; }

# mutate NEW OLD LIBRARY PROGRAM SCRIPT: the program of OLD.c with an edit, under the probe; the text must have changed
mutate() {
    sed "$5" "$work/$2.c" > "$work/$1.c"
    ! cmp -s "$work/$1.c" "$work/$2.c" && quick compile "$work/$1" "tests/probe.c $work/$1.c" "$3" -DPROGRAM="$4" && return
    tell 1 "the control $1 is a program"
}

# inside NAME SOURCE PROGRAM FLAG...: tests/window.c around a program
inside() {
    new=$1 source=$2 title=$3; shift 3
    packed=0; grep -q '^} packed;' "$source" && packed='sizeof packed'
    compile "$work/$new" tests/window.c gagen -DSOURCE="\"$PWD/$source\"" -DPROGRAM="$title" -DPACKED_BYTES="($packed)" "$@"
}

# ---- 1, 48: 1,024 rows, K = 1 to 1,024
k=1
while [ $k -le 1024 ]; do
    prober even_$k $models/window_even.lua gagen -D micro_batch=$((1024 / k))
    run even_$k perceptron 1 1 > "$work/even_$k.out"
    yes "1, 48. K = $k: gradient and logged loss are those of the full batch" \
        compare "$work/even_$k.out" $want --case "even 1024" --gradient 1e-6 --tensor 1e-4 --loss 1e-6
    k=$((k * 2))
done
mutate even_off even_4 gagen window_even 's/\(to->scale_in\[0\] = .*\);/\1 * (real)(4.0 \/ 5);/'
run even_off perceptron 1 1 > "$work/even_off.out"
no "1. the divisor K + 1" compare "$work/even_off.out" $want --case "even 1024" --gradient 1e-6 --tensor 1e-4
mutate even_store even_4 gagen window_even 's/micro(t, m, 1)/micro(t, m, 0)/'
run even_store perceptron 1 1 > "$work/even_store.out"
no "1. a micro-step that stores where it should add" compare "$work/even_store.out" $want --case "even 1024" --gradient 1e-6

# ---- 3: ragged tokens
prober ragged $models/window_ragged.lua gagen
run ragged ragged 1 1 > "$work/ragged.out"
yes "3. ragged valid tokens: sum over sum" compare "$work/ragged.out" $want --case "ragged 128 3 64 17 100 1 40 90" --gradient 1e-6 --loss 1e-6
prober means $models/window_means.lua gagen
run means ragged 1 1 > "$work/means.out"
no "3. the mean of means" compare "$work/means.out" $want --case "ragged 128 3 64 17 100 1 40 90" --gradient 0.5 --loss 1e-6

# ---- 6: two terms of different denominators
for m in 8 2 1; do
    prober terms_$m $models/window_terms.lua gagen -D micro_batch=$m
    run terms_$m ragged 1 1 > "$work/terms_$m.out"
    yes "6. a mean over tokens and one over samples, micro-batches of $m" \
        compare "$work/terms_$m.out" $want --case "terms 8" --gradient 1e-6 --loss 1e-6
done
tr -s '\n ' '  ' < "$work/terms_1.c" | grep -q 'counted from the data before the first backward'; tell $? "6. counted first: the header says so"
mutate terms_off terms_1 gagen window_terms '/^static void count/,/^}/s/k = 0/k = last/'
run terms_off ragged 1 1 > "$work/terms_off.out"
no "6. where the last micro-batch alone is counted" compare "$work/terms_off.out" $want --case "terms 8" --gradient 1e-6
for count in auto before; do
    prober token_$count $models/window_terms.lua gagen -D term=token -D count=$count
    run token_$count ragged 1 1 > "$work/token_$count.out"
    yes "6. the mean over tokens alone, count = \"$count\"" \
        compare "$work/token_$count.out" $want --case "ragged 128 3 64 17 100 1 40 90" --gradient 1e-6 --loss 1e-6
done
grep -q '^static void count' "$work/token_before.c" && ! grep -q '^static void count' "$work/token_auto.c"
tell $? "6. one counts, the other scales afterwards"
yes "6. both agree" compare "$work/token_auto.out" "$work/token_before.out" --gradient 1e-6 --loss 1e-6
no "6. with another loss" compare "$work/token_auto.out" "$work/terms_1.out" --gradient 1e-6

# ---- 7: every other window all masked, of two micro-batches each
prober full $models/window_masked.lua gagen -D micro_batch=4
run full perceptron 10 | grep '^weight' > "$work/full.out"
# after N NAME: weights and moments after N updates, bit for bit
after() {
    "$work/$2" "$data/masked_2.csv" "$data/perceptron.safetensors" 2 "$1" save="$work/$2.at" > "$work/$2.said"
    tail -c $((4 * 3 * (12 * 16 + 12 + 6 * 12 + 6))) "$work/$2.at" | cksum
}
for count in auto before; do
    prober empty_$count $models/window_masked.lua gagen -D micro_batch=4 -D rows=masked_2.csv -D count=$count
    one=$(after 1 empty_$count) two=$(after 2 empty_$count) three=$(after 3 empty_$count)
    [ "$one" = "$two" ]; tell $? "7. a window that is all masked, count = \"$count\": weights and moments keep every bit"
    [ "$two" != "$three" ]; tell $? "control: 7. one that is not"
    "$work/empty_$count" "$data/masked_2.csv" "$data/perceptron.safetensors" 2 19 | grep '^weight' > "$work/empty.out"
    cmp -s "$work/empty.out" "$work/full.out"; tell $? "7. 10 of 19 windows count: bit for bit 10 updates, and so the counters stood still"
done
# four to a window, of which one is masked: bit for bit the window of the three others
for count in auto before; do
    prober four_$count $models/window_masked.lua gagen -D batch=16 -D micro_batch=4 -D count=$count -D rows=four.csv
    prober three_$count $models/window_masked.lua gagen -D batch=12 -D micro_batch=4 -D count=$count -D rows=three.csv
    for k in 1 2 3 4; do
        awk -F, -v OFS=, -v k=$k 'NR > 1 && int((NR + 2) / 4) == k { $1 *= 1e3; $18 = 0 } NR < 18' "$data/masked_1.csv" > "$work/four.csv"
        grep -v ',0$' "$work/four.csv" > "$work/three.csv"
        for n in four three; do "$work/${n}_$count" "$work/$n.csv" "$data/perceptron.safetensors" 2 1 1 > "$work/$n.out"; done
        [ "$(wc -l < "$work/three.csv")" -eq 13 ] && grep -q '^gradient' "$work/four.out" && ! grep -qi nan "$work/four.out" && cmp -s "$work/four.out" "$work/three.out"
        tell $? "7. micro-batch $k of 4 is masked, count = \"$count\": loss, gradient and weights are, bit for bit, those of the three others"
    done
    sed 's/,0$/,1/' "$work/four.csv" > "$work/mask.csv"
    "$work/four_$count" "$work/mask.csv" "$data/perceptron.safetensors" 2 1 1 | cmp -s - "$work/three.out"; [ $? -eq 1 ]; tell $? "control: 7. where it counts, count = \"$count\""
done
# skipped N: how many windows the checkpoint after N updates says changed nothing
skipped() { after "$1" empty_auto > "$work/said" && grep -a -o '"skipped":"[0-9]*"' "$work/empty_auto.at"; }
[ "$(skipped 1) $(skipped 2) $(skipped 4)" = '"skipped":"0" "skipped":"1" "skipped":"2"' ]; tell $? "7. a window that is all masked is counted as skipped"
sed 's/1e-2/optim.linear { 1e-2 }/' $models/window_masked.lua > "$work/window_masked.lua"
trainer rates "$work/window_masked.lua" -D micro_batch=4 -D rows=masked_2.csv
"$work/rates" --data "$data" --steps 6 --log "$work/log" > "$work/out"
log_field "$work/log" lr | tr '\n' ' ' > "$work/rates.got"
awk '{ exit !(NF == 6 && $2 != $1 && $2 == $3 && $3 != $4 && $4 == $5) }' "$work/rates.got"; tell $? "7. and its rate is the next one's: $(cat "$work/rates.got")"
"$work/rates" --data "$data/masked_1.csv" --steps 6 --log "$work/log" > "$work/out"
[ "$(log_field "$work/log" lr | sort -u | wc -l)" -eq 6 ]; tell $? "control: 7. none of which is masked: six rates"
mutate empty_off empty_before gagen window_masked '/if (w.count == 0) return;/d'
[ "$(after 1 empty_off)" != "$(after 2 empty_off)" ]; tell $? "control: 7. an update all the same"

# ---- 11, 12, 13, 14: tails
for tail in step drop carry; do
    prober tail_$tail $models/window_tail.lua gagen -D tail=$tail
    for rows in 80 77; do
        updates=$(awk -v c="case tail $rows $tail" '$0 == c { on = 1 } on && /^updates/ { print $2; exit }' $want)
        "$work/tail_$tail" "$data/rows_$rows" "$data/perceptron.safetensors" 2 "$updates" > "$work/tail.out"
        yes "11. $rows rows, tail = \"$tail\": $updates updates, their losses and the weights" \
            compare "$work/tail.out" $want --case "tail $rows $tail" --loss 1e-6 --weight 1e-6
        "$work/tail_$tail" "$data/rows_$rows" - 1 $((updates + 1)) > "$work/tail.out" 2>&1
        [ $? -eq 1 ] && grep -q "all $updates updates are done" "$work/tail.out"; tell $? "11. and none after them"
    done
done
mutate tail_off tail_step gagen window_tail 's/\(to->scale_in\[0\] = .*\);/\1 * (real)(to->samples \/ 32.0);/'
"$work/tail_off" "$data/rows_80" "$data/perceptron.safetensors" 2 6 > "$work/tail.out"
no "11. the tail divided by K" compare "$work/tail.out" $want --case "tail 80 step" --loss 1e-6 --weight 1e-6
. tests/tail.sh
tail_gradient 2

inside tail_inside "$work/tail_step.c" window_tail
yes "12. 1 to 199 micro-batches, K = 2 to 16: ceil(L / K) updates, each of weight 1" "$work/tail_inside" calendar
inside tail_light "$work/tail_step.c" window_tail -DWEIGHT=1.00001
no "12. weights 1.00001" "$work/tail_light" calendar

for tail in step carry; do trainer train_$tail $models/window_tail.lua -D tail=$tail; done
trainer train_drop $models/window_tail.lua -D tail=drop
# samples TAIL ROWS EPOCHS: what each update read
samples() {
    "$work/train_$1" --data "$data/rows_$2" --epochs "$3" --log "$work/log" > "$work/out" 2>&1
    log_field "$work/log" samples | awk '{ printf("%s%d", NR > 1 ? " " : "", $1 - last); last = $1 }'
}
[ "$(samples step 24 4)" = "24 24 24 24" ] && grep -q "less than a batch" "$work/out"
tell $? "13. 3 micro-batches, K = 4, 4 epochs, step: 4 updates of 3, and a note"
[ "$(samples carry 24 4)" = "32 32 32" ]; tell $? "13. carry: 3 updates of 4"
[ "$(samples step 24 4)" != "$(samples carry 24 4)" ]; tell $? "control: 13. they differ"
sed 's/lr = 0.5/lr = option("lr", "") == "step" and optim.step { 1, every = "1 epoch", by = 0.5 } or optim.linear { 1, 0, over = option("over", "2 epochs") }/' \
    $models/window_tail.lua > "$work/window_carry.lua"
# rates ROWS EPOCHS OPTION...: of each update of a run that carries
rates() {
    rows=$1 epochs=$2; shift 2
    trainer carried "$work/window_carry.lua" -D tail=carry "$@"
    "$work/carried" --data "$data/rows_$rows" --epochs "$epochs" --log "$work/log" > "$work/out" 2>&1
    log_field "$work/log" lr | awk '{ printf("%s%.4g", NR > 1 ? " " : "", $1) }'
}
[ "$(rates 80 2)" = "1 0.8 0.6 0.4 0.2" ] && grep -q ": 2.500 updates an epoch, 5 in all" "$work/out"
tell $? "11. 80 rows, carry: 2.5 updates an epoch, as printed, so that a schedule over both epochs has the run's 5"
[ "$(rates 77 2)" = "1 0.8 0.6 0.4 0.2" ]; tell $? "11. 77 rows: of 4.8 the last one is an update, too"
[ "$(rates 24 4 -D over="4epochs")" = "1 0.6667 0.3333" ] && grep -q ": 0.750 updates an epoch, 3 in all" "$work/out"
tell $? "13. carry: 3 updates over 4 epochs, 0.75 of them each"
[ "$(rates 80 2 -D over=6updates)" = "1 0.8333 0.6667 0.5 0.3333" ]; tell $? "control: 11. where each epoch counts 3"
[ "$(rates 80 2 -D lr=step)" = "1 1 1 0.5 0.5" ] && [ "$(rates 24 4 -D lr=step)" = "1 0.5 0.25" ]
tell $? "11, 13. a step every epoch is at the update that begins in the next"
[ "$(samples step 1003 1 | tr ' ' '\n' | tail -n 1)" = 11 ] && [ "$(wc -l < "$work/log")" = 32 ] &&
    grep -q "32 updates an epoch, 32 in all; the last window has 11 samples" "$work/out"
tell $? "14. 1,003 rows, 4 x 8: 32 updates, 11 samples in the last, as printed"
[ "$(samples drop 1003 1 | tr ' ' '\n' | tail -n 1)" = 32 ] && [ "$(wc -l < "$work/log")" = 31 ] &&
    grep -q "31 updates an epoch, 31 in all; 11 samples of an epoch stay unread" "$work/out"
tell $? "14. drop: 31 updates, 11 samples unread, as printed"
[ "$(samples step 1003 1 | wc -w)" != "$(samples drop 1003 1 | wc -w)" ]; tell $? "control: 14. they are not as many"
# micros TAIL: how many micro-steps run in an epoch of 1,003 rows
micros() {
    sed 's/{ micro(t, m, \([01]\)); }/{ if (t->id == 0) fputs("micro-step\\n", stderr); micro(t, m, \1); }/' "$work/train_$1.c" > "$work/told_$1.c"
    compile "$work/told_$1" "$work/told_$1.c" gagen -include stdio.h && "$work/told_$1" --data "$data/rows_1003" --epochs 1 2>&1 | grep -c '^micro-step$'
}
[ "$(micros step)" = 126 ]; tell $? "14. 126 micro-batches"
[ "$(micros drop)" = 124 ]; tell $? "control: 14. drop: 124"

# ---- 18: K = 1, and K = 2 of which one is masked
prober masked_1 $models/window_masked.lua gagen
prober masked_2 $models/window_masked.lua gagen -D batch=16 -D rows=masked_2.csv
! grep -qE 'micro_next|beta' "$work/masked_1.c"; tell $? "18. K = 1: no beta and no window loop in the text"
grep -qE 'micro_next|beta' "$work/masked_2.c"; tell $? "control: 18. there are with K = 2"
for k in 1 2; do run masked_$k perceptron 100 | grep '^weight' > "$work/masked_$k.out"; done
cmp -s "$work/masked_1.out" "$work/masked_2.out"; tell $? "18. 100 updates: bit for bit those of K = 2 whose second micro-batch is masked"
mutate masked_off masked_2 gagen window_masked 's/micro(t, m, 1)/micro(t, m, 0)/'
run masked_off perceptron 100 | grep '^weight' > "$work/masked_off.out"
! cmp -s "$work/masked_1.out" "$work/masked_off.out"; tell $? "control: 18. where the second stores"

# ---- 26: clipping
for m in 1 2; do
    prober clip_$m $models/window_clip.lua gagen -D micro_batch=$m
    run clip_$m clip 1 > "$work/clip.out"
    yes "26. clipped once, over the window of micro-batches of $m" compare "$work/clip.out" $want --case clip --weight 1e-5
done
echo "weight net.weight 2 $(awk '/^control per_micro -/ { print $3, $4 }' $want)" > "$work/clip.off"
no "26. clipped per micro-batch" compare "$work/clip.off" $want --case clip --weight 1e-5
mkdir -p "$work/mean"
sed 's/fn.sum(net(rows.g))/fn.mean(net(rows.g))/' $models/window_clip.lua > "$work/mean/window_clip.lua"
for m in 1 2; do
    trainer norm_$m "$work/mean/window_clip.lua" -D micro_batch=$m
    "$work/norm_$m" --data "$data/clip.csv" --log "$work/norm_$m.log" > "$work/out"
    near "$(log_field "$work/norm_$m.log" grad_norm)" 1.4142135623730951 1e-6
    tell $? "26. micro-batches of $m: the logged norm is the mean's, before the clip"
done
trainer norm_sum $models/window_clip.lua -D micro_batch=1
"$work/norm_sum" --data "$data/clip.csv" --log "$work/norm_sum.log" > "$work/out"
! near "$(log_field "$work/norm_sum.log" grad_norm)" 1.4142135623730951 1e-6; tell $? "control: 26. the sum's norm"

# ---- 27: AdamW, 200 updates
for m in 64 8; do
    prober adamw_$m $models/window_adamw.lua gagen -D micro_batch=$m
    run adamw_$m perceptron 200 save="$work/adamw_$m.st" > "$work/adamw_$m.out"
    yes "27. AdamW, 200 updates of 64 as $((64 / m)) x $m: PyTorch's losses and weights" \
        compare "$work/adamw_$m.out" $want --case "adamw 200" --loss 1e-5 --weight 1e-5
done
yes "27. and each other's, to a tenth of lr in each" compare "$work/adamw_64.out" "$work/adamw_8.out" --weight 1e-5 --most 1e-4
for m in 64 8; do yes "27. $((64 / m)) x $m: 200 steps in the checkpoint" grep -aq '"update":"200","skipped":"0"' "$work/adamw_$m.st"; done
prober adamw_off $models/window_adamw.lua gagen -D micro_batch=8 -D batch=8 -D steps=1600
run adamw_off perceptron 1600 > "$work/adamw_off.out"
no "27. a step of the optimizer per micro-batch" compare "$work/adamw_off.out" "$work/adamw_64.out" --weight 1e-5
no "27. whose weights are not near" compare "$work/adamw_off.out" "$work/adamw_64.out" --most 1e-4

# ---- 28: decay
for m in 1 16; do
    prober decay_$m $models/window_decay.lua gagen_double -D micro_batch=$m
    run decay_$m decay 3 > "$work/decay.out"
    near "$(awk '/^weight/ { print $4 }' "$work/decay.out")" "$(awk '/^weight_at 3/ { print $3 }' $want)" 1e-12
    tell $? "28. micro-batches of $m: 3 updates decay a weight to 0.999^3"
done
! near "$(awk '/^case decay/ { on = 1 } on && /^control/ { print $3; exit }' $want)" 0.999 1e-12; tell $? "control: 28. decay per micro-batch"

# ---- 33: a shared layer
prober tied $models/window_tied.lua gagen
run tied tied 1 1 > "$work/tied.out"
yes "33. a layer used twice, K = 4: the sum of both uses" compare "$work/tied.out" $want --case "tied 64" --gradient 1e-6 --loss 1e-6
mutate tied_off tied gagen window_tied 's/micro(t, m, 1)/micro(t, m, 0)/'
run tied_off tied 1 1 > "$work/tied_off.out"
no "33. the second use alone" compare "$work/tied_off.out" $want --case "tied 64" --gradient 1e-6

# ---- 35: dropout
for m in 64 16 1; do
    prober dropout_$m $models/window_dropout.lua gagen -D micro_batch=$m
    "$work/dropout_$m" "$data" - 2 1 1 > "$work/dropout_$m.out"
done
for m in 16 1; do
    yes "35. dropout, K = $((64 / m)): the gradient of K = 1" compare "$work/dropout_$m.out" "$work/dropout_64.out" --gradient 1e-6
done
mutate dropout_off dropout_16 gagen window_dropout 's/w\.first + m->from/w.first/'
"$work/dropout_off" "$data" - 2 1 1 > "$work/dropout_off.out"
no "35. one stream per micro-batch" compare "$work/dropout_off.out" "$work/dropout_64.out" --gradient 1e-2
generate "$work/noise.c" $models/window_noise.lua --library && inside noise "$work/noise.c" window_noise
"$work/noise" noise "$data" > "$work/noise.out"
awk '/^dropped/ { exit !($2 > 0.1 - 0.005 && $2 < 0.1 + 0.005) }' "$work/noise.out"; tell $? "35. 0.1 of the values are dropped, to 3 sigma: $(sed -n 1p "$work/noise.out")"
[ "$(awk '/^differ/ { print $2 }' "$work/noise.out")" -gt 1000 ]; tell $? "35. micro-batches have other masks: $(sed -n 2p "$work/noise.out")"

# ---- 39: poison
generate "$work/poison.c" $models/window_adamw.lua --library -D micro_batch=8 && inside poison "$work/poison.c" window_adamw
yes "39. NaN in arena, gradients and partial sums before every window changes no bit" "$work/poison" poison "$data" "$data/perceptron.safetensors"
sed 's/micro(t, m, 0)/micro(t, m, 1)/' "$work/poison.c" > "$work/poison_off.c"
inside poison_off "$work/poison_off.c" window_adamw
no "39. a first micro-step that adds" "$work/poison_off" poison "$data" "$data/perceptron.safetensors"

# ---- 40: memory
"$work/poison" memory "$data" > "$work/memory.out"
grep -qx 'allocations 0' "$work/memory.out"; tell $? "40. 1,000 updates: no allocation after the first"
[ "$(awk '/_grew_kib/ { n += $2 } END { print n + 0 }' "$work/memory.out")" -eq 0 ]; tell $? "40. and no page more"
sed '/micro_first(const Thread/s/{ /{ static void *volatile leak; if (t->id == 0) memset(leak = malloc(4096), 1, 4096); /' "$work/poison.c" > "$work/leaks.c"
inside leaks "$work/leaks.c" window_adamw -include string.h -include stdlib.h && "$work/leaks" memory "$data" > "$work/leaks.out"
grep -qx 'allocations 999' "$work/leaks.out"; tell $? "control: 40. an allocation in each window: $(head -n 1 "$work/leaks.out")"
[ "$(awk '/_grew_kib/ { n += $2 } END { print n + 0 }' "$work/leaks.out")" -gt 4000 ]; tell $? "control: 40. and its pages"
awk '/^planned/ { p = $2 } /^static/ { s = $2 } END { exit !(p > 0 && s >= p && s <= p + 4096) }' "$work/memory.out"
tell $? "40. what was planned is what there is: $(awk '/^planned|^static/ { printf "%s ", $0 }' "$work/memory.out")"
for k in 1 2 16 1024; do ./gagen -t c --dump=join -D micro_batch=8 -D batch=$((8 * k)) $models/window_even.lua | grep -i '^arena'; done | sort -u > "$work/arenas"
[ "$(wc -l < "$work/arenas")" -eq 1 ]; tell $? "40. the arena is the same for K = 1 to 1,024: $(head -n 1 "$work/arenas")"
./gagen -t c --dump=join -D micro_batch=16 $models/window_even.lua | grep -i '^arena' | cmp -s - "$work/arenas"; [ $? -ne 0 ]
tell $? "control: 40. micro_batch = 16 has another"

# ---- 47: determinism, and 48: reporting
run adamw_8 perceptron 20 > "$work/once"
run adamw_8 perceptron 20 | cmp -s - "$work/once"; tell $? "47. two runs are bit-identical"
for threads in 1 3; do
    "$work/adamw_8" "$data" "$data/perceptron.safetensors" $threads 20 | cmp -s - "$work/once"; tell $? "47. and a run of $threads threads"
done
"$work/adamw_8" "$data" - 2 20 | cmp -s - "$work/once"; [ $? -ne 0 ]; tell $? "control: 47. from other weights"
"$work/train_step" --data "$data/rows_80" --epochs 1 --log "$work/log" > "$work/out"
[ "$(log_field "$work/log" samples | tail -n 1)" = 80 ]; tell $? "48. the log counts every micro-batch's samples"
"$work/train_step" --data "$data/rows_nan" --epochs 1 --log "$work/log" > "$work/out"
log_field "$work/log" loss | grep -q null; tell $? "48. a NaN is shown"
"$work/train_step" --data "$data/rows_64" --epochs 1 --log "$work/log" > "$work/out"
! log_field "$work/log" loss | grep -q null; tell $? "control: 48. where there is none, none"

# ---- 55: bias corrections
"$work/poison" corrections "$data" > "$work/corrections"
while read -r word beta t value; do
    [ -n "$value" ] || value=$t
    expect=$(awk -v a="$word" -v b="$beta" -v t="$t" '$1 == a && $2 == b && (NF == 3 || $3 == t) { print $NF }' $want)
    case $word in
        correction) near "$value" "$expect" 1e-6; tell $? "55. 1 - $beta^$t" ;;
        complement) near "$value" "$expect" 1e-6; tell $? "55. 1 - $beta in the moments" ;;
        naive) [ "$t" != 1 ] || { ! near "$value" 0.001 1e-6; tell $? "control: 55. 1 - powf(0.999f, 1)"; } ;;
    esac
done < "$work/corrections"
finish

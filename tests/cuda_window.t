#!/bin/sh
# cuda_window.t -- what a window means, in CUDA under the emulator: ACCEPTANCE's cases by number, each with its control. The
# models, the data and the reference are window.t's.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
window_data
models=tests/models
want=tests/reference/windows.txt
state=$((4 * 3 * (12 * 16 + 12 + 6 * 12 + 6)))          # bytes of the perceptron's weights and moments
run() { "$work/$1" "$data" "$data/$2.safetensors" 1 "$3" $4; }

# mutate NEW OLD PROGRAM SCRIPT: the program of OLD.cu with an edit; the text must have changed. No PROGRAM: it has a main
mutate() {
    sed "$4" "$work/$2.cu" > "$work/$1.cu"
    ! cmp -s "$work/$1.cu" "$work/$2.cu" && emulated "$1" gagen ${3:+tests/probe.c "$3"} && return
    tell 1 "the control $1 is a program"
}
next_stores='s/micro_next(void) { micro(1); }/micro_next(void) { micro(0); }/'

# inside NAME SOURCE PROGRAM [FLAG [-DNAME=VALUE]]: tests/window.c around a program; FLAGs are for window.c, then for the program
inside() {
    $CC -std=gnu11 -O1 -Iruntime -Itests -DPROGRAM="$3" $4 -c tests/window.c -o "$work/$1.o" 2> "$work/errors" &&
        EMU_CFLAGS="-DSOURCE=\"$PWD/$2\" -DPROGRAM=$3 $5" emu_build "$work/$1" tests/cuda_window.cpp "$work/$1.o" -L. -lgagen $zlib -lm -lpthread \
            2> "$work/errors" && return
    tell 1 "$1 is a program"
    head -n 20 "$work/errors" | sed 's/^/# /'
}

# ---- 1, 48: 1,024 rows, K = 1 to 1,024
for k in 1 4 32 1024; do
    cuda_prober even_$k $models/window_even.lua gagen -D micro_batch=$((1024 / k))
    run even_$k perceptron 1 1 > "$work/even_$k.out"
    yes "1, 48. K = $k: gradient and logged loss are those of the full batch" \
        compare "$work/even_$k.out" $want --case "even 1024" --gradient 1e-6 --tensor 1e-4 --loss 1e-6
done
mutate even_off even_4 window_even 's/\(to->scale_in\[0\] = .*\);/\1 * (real)(4.0 \/ 5);/'
run even_off perceptron 1 1 > "$work/even_off.out"
no "1. the divisor K + 1" compare "$work/even_off.out" $want --case "even 1024" --gradient 1e-6 --tensor 1e-4
mutate even_store even_4 window_even "$next_stores"
run even_store perceptron 1 1 > "$work/even_store.out"
no "1. a micro-step that stores where it should add" compare "$work/even_store.out" $want --case "even 1024" --gradient 1e-6

# ---- 3: ragged tokens
tokens="ragged 128 3 64 17 100 1 40 90"
cuda_prober ragged $models/window_ragged.lua gagen
run ragged ragged 1 1 > "$work/ragged.out"
yes "3. ragged valid tokens: sum over sum" compare "$work/ragged.out" $want --case "$tokens" --gradient 1e-6 --loss 1e-6
cuda_prober means $models/window_means.lua gagen
run means ragged 1 1 > "$work/means.out"
no "3. the mean of means" compare "$work/means.out" $want --case "$tokens" --gradient 0.5 --loss 1e-6

# ---- 6: two terms of different denominators
for m in 8 1; do
    cuda_prober terms_$m $models/window_terms.lua gagen -D micro_batch=$m
    run terms_$m ragged 1 1 > "$work/terms_$m.out"
    yes "6. a mean over tokens and one over samples, micro-batches of $m" \
        compare "$work/terms_$m.out" $want --case "terms 8" --gradient 1e-6 --loss 1e-6
done
mutate terms_off terms_1 window_terms 's/for (int k = 0; k < w.micros; k++) gg_replay(&counting)/gg_replay(\&counting)/'
run terms_off ragged 1 1 > "$work/terms_off.out"
no "6. where one micro-batch alone is counted" compare "$work/terms_off.out" $want --case "terms 8" --gradient 1e-6
cuda_prober token_before $models/window_terms.lua gagen -D term=token -D count=before
run token_before ragged 1 1 > "$work/token_before.out"
yes "6. the mean over tokens alone, counted before" compare "$work/token_before.out" "$work/ragged.out" --gradient 1e-6 --loss 1e-6
grep -q '^static void counting_steps' "$work/token_before.cu" && ! grep -q '^static void counting_steps' "$work/ragged.cu"
tell $? "6. one counts, the other scales afterwards"

# ---- 7: every other window all masked, of two micro-batches each
cuda_prober full $models/window_masked.lua gagen -D micro_batch=4
run full perceptron 10 | grep '^weight' > "$work/full.out"
# after N NAME: weights and moments after N updates, bit for bit
after() {
    "$work/$2" "$data/masked_2.csv" "$data/perceptron.safetensors" 1 "$1" save="$work/$2.at" > "$work/$2.said"
    tail -c $state "$work/$2.at" | cksum
}
for count in auto before; do
    cuda_prober empty_$count $models/window_masked.lua gagen -D micro_batch=4 -D rows=masked_2.csv -D count=$count
    one=$(after 1 empty_$count) two=$(after 2 empty_$count) three=$(after 3 empty_$count)
    [ "$one" = "$two" ]; tell $? "7. a window that is all masked, count = \"$count\": weights and moments keep every bit"
    [ "$two" != "$three" ]; tell $? "control: 7. one that is not"
    "$work/empty_$count" "$data/masked_2.csv" "$data/perceptron.safetensors" 1 19 | grep '^weight' > "$work/empty.out"
    cmp -s "$work/empty.out" "$work/full.out"; tell $? "7. 10 of 19 windows count: bit for bit 10 updates, and so the counters stood still"
done
# four to a window, of which one is masked: bit for bit the window of the three others
cuda_prober four $models/window_masked.lua gagen -D batch=16 -D micro_batch=4 -D rows=four.csv
cuda_prober three $models/window_masked.lua gagen -D batch=12 -D micro_batch=4 -D rows=three.csv
for k in 1 2 3 4; do
    awk -F, -v OFS=, -v k=$k 'NR > 1 && int((NR + 2) / 4) == k { $1 *= 1e3; $18 = 0 } NR < 18' "$data/masked_1.csv" > "$work/four.csv"
    grep -v ',0$' "$work/four.csv" > "$work/three.csv"
    for n in four three; do "$work/$n" "$work/$n.csv" "$data/perceptron.safetensors" 1 1 1 > "$work/$n.out"; done
    grep -q '^gradient' "$work/four.out" && ! grep -qi nan "$work/four.out" && cmp -s "$work/four.out" "$work/three.out"
    tell $? "7. micro-batch $k of 4 is masked: loss, gradient and weights are, bit for bit, those of the three others"
done
sed 's/,0$/,1/' "$work/four.csv" > "$work/mask.csv"
"$work/four" "$work/mask.csv" "$data/perceptron.safetensors" 1 1 1 | cmp -s - "$work/three.out"; [ $? -eq 1 ]; tell $? "control: 7. where it counts"
mutate empty_off empty_before window_masked '/if (w.count == 0) return;/d'
[ "$(after 1 empty_off)" != "$(after 2 empty_off)" ]; tell $? "control: 7. an update all the same"

# ---- 11, 12, 13, 14: tails
for tail in step drop carry; do
    cuda_prober tail_$tail $models/window_tail.lua gagen -D tail=$tail
    for rows in 80 77; do
        updates=$(awk -v c="case tail $rows $tail" '$0 == c { on = 1 } on && /^updates/ { print $2; exit }' $want)
        "$work/tail_$tail" "$data/rows_$rows" "$data/perceptron.safetensors" 1 "$updates" > "$work/tail.out"
        yes "11. $rows rows, tail = \"$tail\": $updates updates, their losses and the weights" \
            compare "$work/tail.out" $want --case "tail $rows $tail" --loss 1e-6 --weight 1e-6
        "$work/tail_$tail" "$data/rows_$rows" - 1 $((updates + 1)) > "$work/tail.out" 2>&1
        [ $? -eq 1 ] && grep -q "all $updates updates are done" "$work/tail.out"; tell $? "11. and none after them"
    done
done
"$work/tail_carry" "$data/rows_77" - 1 5 > "$work/tail.out"
GG_STREAM=1 "$work/tail_carry" "$data/rows_77" - 1 5 | cmp -s - "$work/tail.out"; tell $? "11. carried and streamed: the same bits"
mutate tail_off tail_step window_tail 's/\(to->scale_in\[0\] = .*\);/\1 * (real)(to->samples \/ 32.0);/'
"$work/tail_off" "$data/rows_80" "$data/perceptron.safetensors" 1 6 > "$work/tail.out"
no "11. the tail divided by K" compare "$work/tail.out" $want --case "tail 80 step" --loss 1e-6 --weight 1e-6
. tests/tail.sh
tail_gradient 1

inside tail_inside "$work/tail_step.cu" window_tail
yes "12. 1 to 199 micro-batches, K = 2 to 16: ceil(L / K) updates, each of weight 1" "$work/tail_inside" calendar
inside tail_light "$work/tail_step.cu" window_tail -DWEIGHT=1.00001
no "12. weights 1.00001" "$work/tail_light" calendar

for tail in step drop carry; do cuda_trainer train_$tail $models/window_tail.lua -D tail=$tail; done
# samples TAIL ROWS EPOCHS: what each update read
samples() {
    "$work/train_$1" --data "$data/rows_$2" --epochs "$3" --log "$work/log" > "$work/out" 2>&1
    log_field "$work/log" samples | awk '{ printf("%s%d", NR > 1 ? " " : "", $1 - last); last = $1 }'
}
[ "$(samples step 24 4)" = "24 24 24 24" ] && grep -q "less than a batch" "$work/out"
tell $? "13. 3 micro-batches, K = 4, 4 epochs, step: 4 updates of 3, and a note"
[ "$(samples carry 24 4)" = "32 32 32" ]; tell $? "13. carry: 3 updates of 4"
[ "$(samples step 24 4)" != "$(samples carry 24 4)" ]; tell $? "control: 13. they differ"
[ "$(samples step 1003 1 | tr ' ' '\n' | tail -n 1)" = 11 ] && [ "$(wc -l < "$work/log")" = 32 ] &&
    grep -q "32 updates an epoch, 32 in all; the last window has 11 samples" "$work/out"
tell $? "14. 1,003 rows, 4 x 8: 32 updates, 11 samples in the last, as printed"
[ "$(samples drop 1003 1 | tr ' ' '\n' | tail -n 1)" = 32 ] && [ "$(wc -l < "$work/log")" = 31 ] &&
    grep -q "31 updates an epoch, 31 in all; 11 samples of an epoch stay unread" "$work/out"
tell $? "14. drop: 31 updates, 11 samples unread, as printed"
# micros TAIL: how many micro-steps run in an epoch of 1,003 rows
micros() { GG_EMU_TRACE=1 "$work/train_$1" --data "$data/rows_1003" --epochs 1 2>&1 | grep -c '^gg_emu: runs k1_copy$'; }
[ "$(micros step)" = 126 ]; tell $? "14. 126 micro-batches"
[ "$(micros drop)" = 124 ]; tell $? "control: 14. drop: 124"

# ---- 18: K = 1, and K = 2 of which one is masked
cuda_prober masked_1 $models/window_masked.lua gagen
cuda_prober masked_2 $models/window_masked.lua gagen -D batch=16 -D rows=masked_2.csv
! grep -qE 'micro_next|beta|w\.micros; k' "$work/masked_1.cu"; tell $? "18. K = 1: no beta and no window loop in the text"
grep -qE 'micro_next|beta' "$work/masked_2.cu" && grep -q 'w\.micros; k' "$work/masked_2.cu"; tell $? "control: 18. there are with K = 2"
for k in 1 2; do run masked_$k perceptron 100 | grep '^weight' > "$work/masked_$k.out"; done
[ -s "$work/masked_1.out" ] && cmp -s "$work/masked_1.out" "$work/masked_2.out"
tell $? "18. 100 updates: bit for bit those of K = 2 whose second micro-batch is masked"
mutate masked_off masked_2 window_masked "$next_stores"
run masked_off perceptron 100 | grep '^weight' > "$work/masked_off.out"
! cmp -s "$work/masked_1.out" "$work/masked_off.out"; tell $? "control: 18. where the second stores"

# ---- 26: clipping
for m in 1 2; do
    cuda_prober clip_$m $models/window_clip.lua gagen -D micro_batch=$m
    run clip_$m clip 1 > "$work/clip.out"
    yes "26. clipped once, over the window of micro-batches of $m" compare "$work/clip.out" $want --case clip --weight 1e-5
done
echo "weight net.weight 2 $(awk '/^control per_micro -/ { print $3, $4 }' $want)" > "$work/clip.off"
no "26. clipped per micro-batch" compare "$work/clip.off" $want --case clip --weight 1e-5
mkdir -p "$work/mean"
sed 's/fn.sum(net(rows.g))/fn.mean(net(rows.g))/' $models/window_clip.lua > "$work/mean/window_clip.lua"
for m in 1 2; do
    cuda_trainer norm_$m "$work/mean/window_clip.lua" -D micro_batch=$m
    "$work/norm_$m" --data "$data/clip.csv" --log "$work/norm_$m.log" > "$work/out"
    near "$(log_field "$work/norm_$m.log" grad_norm)" 1.4142135623730951 1e-6
    tell $? "26. micro-batches of $m: the logged norm is the mean's, before the clip"
done
mutate norm_sum norm_1 "" 's/\(to->scale_in\[0\] = .*\);/\1 * (real)to->samples;/'
"$work/norm_sum" --data "$data/clip.csv" --log "$work/norm_sum.log" > "$work/out"
near "$(log_field "$work/norm_sum.log" grad_norm)" 2.8284271247461903 1e-6; tell $? "control: 26. the sum's norm is another"

# ---- 27: AdamW, 200 updates
for m in 64 8; do
    cuda_prober adamw_$m $models/window_adamw.lua gagen -D micro_batch=$m
    run adamw_$m perceptron 200 save="$work/adamw_$m.st" > "$work/adamw_$m.out"
    yes "27. AdamW, 200 updates of 64 as $((64 / m)) x $m: PyTorch's losses and weights" \
        compare "$work/adamw_$m.out" $want --case "adamw 200" --loss 1e-5 --weight 1e-5
done
yes "27. and each other's, to a tenth of lr in each" compare "$work/adamw_64.out" "$work/adamw_8.out" --weight 1e-5 --most 1e-4
for m in 64 8; do yes "27. $((64 / m)) x $m: 200 steps in the checkpoint" grep -aq '"update":"200","skipped":"0"' "$work/adamw_$m.st"; done
mutate adamw_off adamw_8 window_adamw '/^static void replay_micros/,/^}/{
s/gg_replay(&first);/gg_replay(\&first), gg_replay(\&step);/
s/gg_replay(&next);/gg_replay(\&next), gg_replay(\&step);/
}'
run adamw_off perceptron 200 > "$work/adamw_off.out"
no "27. a step of the optimizer per micro-batch" compare "$work/adamw_off.out" "$work/adamw_64.out" --weight 1e-5
no "27. whose weights are not near" compare "$work/adamw_off.out" "$work/adamw_64.out" --most 1e-4

# ---- 28: decay
for m in 1 16; do
    cuda_prober decay_$m $models/window_decay.lua gagen_double -D micro_batch=$m
    run decay_$m decay 3 > "$work/decay.out"
    near "$(awk '/^weight/ { print $4 }' "$work/decay.out")" "$(awk '/^weight_at 3/ { print $3 }' $want)" 1e-12
    tell $? "28. micro-batches of $m: 3 updates decay a weight to 0.999^3, in double"
done
! near "$(awk '/^case decay/ { on = 1 } on && /^control/ { print $3; exit }' $want)" 0.999 1e-12; tell $? "control: 28. decay per micro-batch"

# ---- 33: a shared layer
cuda_prober tied $models/window_tied.lua gagen
run tied tied 1 1 > "$work/tied.out"
yes "33. a layer used twice, K = 4: the sum of both uses" compare "$work/tied.out" $want --case "tied 64" --gradient 1e-6 --loss 1e-6
mutate tied_off tied window_tied "$next_stores"
run tied_off tied 1 1 > "$work/tied_off.out"
no "33. the second use alone" compare "$work/tied_off.out" $want --case "tied 64" --gradient 1e-6

# ---- 35: dropout
for m in 64 16 1; do
    cuda_prober dropout_$m $models/window_dropout.lua gagen -D micro_batch=$m
    "$work/dropout_$m" "$data" - 1 1 1 > "$work/dropout_$m.out"
done
for m in 16 1; do
    yes "35. dropout, K = $((64 / m)): the gradient of K = 1" compare "$work/dropout_$m.out" "$work/dropout_64.out" --gradient 1e-6
done
prober dropout_c $models/window_dropout.lua gagen
"$work/dropout_c" "$data" - 1 1 1 > "$work/dropout_c.out"
yes "35. and that of the program in C: the masks are the same" compare "$work/dropout_16.out" "$work/dropout_c.out" --gradient 1e-6
mutate dropout_off dropout_16 window_dropout 's/w\.first + m->from/w.first/'
"$work/dropout_off" "$data" - 1 1 1 > "$work/dropout_off.out"
no "35. one stream per micro-batch" compare "$work/dropout_off.out" "$work/dropout_64.out" --gradient 1e-2
generate "$work/noise.cu" $models/window_noise.lua -t cuda --library && inside noise "$work/noise.cu" window_noise
"$work/noise" noise "$data" > "$work/noise.out"
awk '/^dropped/ { exit !($2 > 0.1 - 0.005 && $2 < 0.1 + 0.005) }' "$work/noise.out"; tell $? "35. 0.1 of the values are dropped, to 3 sigma: $(sed -n 1p "$work/noise.out")"
[ "$(awk '/^differ/ { print $2 }' "$work/noise.out")" -gt 1000 ]; tell $? "35. micro-batches have other masks: $(sed -n 2p "$work/noise.out")"

# ---- 39: poison; the gradient is clipped, so that there are sums of blocks as well
mkdir -p "$work/clipped"
sed 's/weight_decay = 0.01/&, clip = 1/' $models/window_adamw.lua > "$work/clipped/window_adamw.lua"
generate "$work/inner.cu" "$work/clipped/window_adamw.lua" -t cuda --library -D batch=16 -D micro_batch=8 &&
    inside poison "$work/inner.cu" window_adamw "" -DPOISON=squares
for stream in 0 1; do
    yes "39. NaN in arena, gradients and partial sums before every window changes no bit, streamed: $stream" \
        env GG_STREAM=$stream "$work/poison" poison "$data" "$data/perceptron.safetensors"
done
sed 's/micro_first(void) { micro(0); }/micro_first(void) { micro(1); }/' "$work/inner.cu" > "$work/inner_off.cu"
inside poison_off "$work/inner_off.cu" window_adamw "" -DPOISON=squares
no "39. a first micro-step that adds" "$work/poison_off" poison "$data" "$data/perceptron.safetensors"

# ---- 40: memory
"$work/poison" memory "$data" > "$work/memory.out"
grep -qx 'allocations 0' "$work/memory.out"; tell $? "40. 1,000 updates: nothing asked of the device after the first, no memory, graph, stream or event"
sed '/^static void window(/,/^}/s/^{/{ void *leak; gg_check(cudaMalloc(\&leak, 64));/' "$work/inner.cu" > "$work/leaks.cu"
inside leaks "$work/leaks.cu" window_adamw "" -DPOISON=squares && "$work/leaks" memory "$data" > "$work/leaks.out"
grep -qx 'allocations 999' "$work/leaks.out"; tell $? "control: 40. memory asked for in each window: $(head -n 1 "$work/leaks.out")"
awk '/^planned/ { p = $2 } /^asked/ { a = $2 } END { exit !(p > 0 && a == p + 1024 * (16 * 4 + 4)) }' "$work/memory.out"
tell $? "40. what was planned is what was asked for, and the data: $(awk '/^planned|^asked/ { printf "%s ", $0 }' "$work/memory.out")"
for k in 1 2 16 1024; do ./gagen -t cuda --dump=join -D micro_batch=8 -D batch=$((8 * k)) $models/window_even.lua | grep -i '^arena'; done | sort -u > "$work/arenas"
[ "$(wc -l < "$work/arenas")" -eq 1 ]; tell $? "40. the arena is the same for K = 1 to 1,024: $(head -n 1 "$work/arenas")"
./gagen -t cuda --dump=join -D micro_batch=16 $models/window_even.lua | grep -i '^arena' | cmp -s - "$work/arenas"; [ $? -ne 0 ]
tell $? "control: 40. micro_batch = 16 has another"

# ---- 43: what runs in a window: the third of a run
for steps in 2 3; do
    GG_EMU_TRACE=1 "$work/norm_1" --data "$data/clip.csv" --steps $steps 2>&1 | sed -n 's/^gg_emu: runs //p' > "$work/ran_$steps"
done
# ran WHAT: how often in the third window
ran() { echo $(($(grep -cxE "$1" "$work/ran_3") - $(grep -cxE "$1" "$work/ran_2"))); }
for what in "cudaGraphLaunch 1" "squares 1" "norm 1" "optimize 1" "cudaMemsetAsync 0" "cudaMemcpyAsync to the device 1" "cudaMemcpyAsync to the host 1" "cudaMemcpyAsync.* 2" "k3_to_k4_next 2"; do
    [ "$(ran "${what% *}")" -eq "${what##* }" ]; tell $? "43. 2 micro-batches, a window runs ${what% *} ${what##* } times"
done
GG_EMU_TRACE=1 GG_STREAM=1 "$work/norm_1" --data "$data/clip.csv" --steps 3 2>&1 | sed -n 's/^gg_emu: runs //p' > "$work/ran_3"
[ "$(ran "cudaMemcpyAsync to the device")" -gt 1 ] && [ "$(ran "cudaMemcpyAsync to the host")" -eq 1 ]; tell $? "control: 43. streamed data has more copies to the device, and no more to the host"
# 16-bit weights: one kernel casts all of them, once a window of eight micro-batches
cuda_trainer casts $models/window_adamw.lua -D micro_batch=8 -D precision=bf16
# casts NAME: how often, in the third window, they are cast; and what a micro-batch multiplies them by
casts() {
    for steps in 2 3; do
        GG_EMU_TRACE=1 "$work/$1" --data "$data" --steps $steps 2>&1 | sed -n 's/^gg_emu: runs //p' > "$work/ran_$steps"
    done
    echo "$(ran round_parameters) $(ran k1_to_k2)"
}
[ "$(casts casts)" = "1 8" ] && [ "$(grep -c 'gg_round(.*dev->p)' "$work/casts.cu")" -eq 1 ]; tell $? "43. bf16: weights are cast once in a window of 8 micro-batches"
mutate casts_off casts "" 's/^#include "gagen_cuda.h"/&\
static void prepare_steps(void);/;s/^    GG_RUN(k1_to_k2, .*/&\
    prepare_steps();/'
[ "$(casts casts_off)" = "9 8" ]; tell $? "control: 43. and in every micro-batch: $(casts casts_off)"

# ---- 44: capture
cuda_trainer graphs $models/window_adamw.lua -D micro_batch=8
# trained NAME TO: weights and moments after 100 updates as the command line makes them
trained() {
    "$work/$1" --data "$data" --load "$data/perceptron.safetensors" --steps 100 --save "$work/$2.st" --log "$work/$2.log" > "$work/$2.out" 2>&1
    tail -c $state "$work/$2.st" | cksum
}
rm -f "$work"/*.st*
replayed=$(trained graphs replayed) called=$(GG_NO_GRAPH=1 trained graphs called)
[ "$replayed" = "$called" ] && [ "$(log_facts "$work/replayed.log")" = "$(log_facts "$work/called.log")" ]
tell $? "44. 100 windows replayed as one graph each: bit for bit those that are not captured"
"$work/adamw_8" "$data" "$data/perceptron.safetensors" 1 100 save="$work/apart.st" > "$work/said"
[ "$(tail -c $state "$work/apart.st" | cksum)" = "$replayed" ]; tell $? "44. and those whose micro-steps and update are replayed one by one"
cuda_trainer long $models/window_even.lua -D micro_batch=32
"$work/long" --data "$data" --load "$data/perceptron.safetensors" --save "$work/long.st" > "$work/out" 2>&1
"$work/even_32" "$data" "$data/perceptron.safetensors" 1 1 save="$work/apart.st" > "$work/said"
[ -s "$work/long.st" ] && [ "$(tail -c $((state / 3)) "$work/long.st" | cksum)" = "$(tail -c $((state / 3)) "$work/apart.st" | cksum)" ]
tell $? "44. a window of 32 micro-steps, which is no graph of its own, too"
mutate baked graphs "" 's/optimize(Device \*dev)/optimize(Device *dev, real rate)/
/const real rate = w.rate;/d
s/\(GG_LAUNCH(optimize, .*\)device)/\1device, w.rate)/'
[ "$(trained baked baked)" != "$replayed" ] && [ "$(GG_NO_GRAPH=1 trained baked unbaked)" = "$replayed" ]
tell $? "control: 44. a rate that is a launch's argument is the graph's for ever"
printf 'g1,g2\n0.25,0.25\n0.25,0.25\n0.25,0.25\n0.25,0.25\n' > "$work/quarter.csv"
mkdir -p "$work/fours"
sed 's/clip.csv/quarter.csv/; s/batch = 2/batch = 4/; s/, clip = 1//' $models/window_clip.lua > "$work/fours/window_clip.lua"
cuda_trainer quarter "$work/fours/window_clip.lua"
# quarter NAME: the weights after a window of four gradients of a quarter, from 0 at rate 1
quarter() {
    "$work/$1" --data "$work/quarter.csv" --load "$data/clip.safetensors" --save "$work/$1.st" > "$work/out" 2>&1
    tail -c 8 "$work/$1.st" | od -An -f | tr -s ' '
}
[ "$(quarter quarter)" = " -1 -1" ]; tell $? "44. 4 micro-batches of gradient 0.25 give 1"
mutate quarter_off quarter "" "$next_stores"
[ "$(quarter quarter_off)" != " -1 -1" ]; tell $? "control: 44. where the next ones store: $(quarter quarter_off)"

# ---- 45: pinned memory
for stream in 0 1; do
    yes "45. pinned memory is overwritten as soon as its copy is over, streamed: $stream" \
        env GG_STREAM=$stream GARBAGE=released "$work/poison" poison "$data" "$data/perceptron.safetensors"
    GG_STREAM=$stream GARBAGE=at_once "$work/poison" poison "$data" "$data/perceptron.safetensors" > "$work/said" 2>&1
    [ $? -eq 97 ] && grep -q "changed pinned memory" "$work/said"; tell $? "control: 45. as soon as its copy is enqueued"
done

for stream in 0 1; do
    yes "45. memory that is not pinned, and overwritten as soon as its copy returns, streamed: $stream" \
        env GG_STREAM=$stream PAGEABLE=waits GARBAGE=at_once "$work/poison" poison "$data" "$data/perceptron.safetensors"
done
PAGEABLE=runs "$work/poison" poison "$data" "$data/perceptron.safetensors" > "$work/said" 2>&1
[ $? -eq 97 ] && grep -q "pageable host memory .*, and nobody waits" "$work/said"; tell $? "control: 45. a copy from there that does not wait"

# ---- 47: determinism, and 48: reporting
run adamw_8 perceptron 20 > "$work/once"
for order in 0:1 1:1 2:1 2:2 2:3; do
    GG_EMU_ORDER=${order%:*} GG_EMU_SEED=${order#*:} run adamw_8 perceptron 20 | cmp -s - "$work/once"
    tell $? "47. a run again, order ${order%:*}, seed ${order#*:}: bit-identical"
done
"$work/adamw_8" "$data" - 1 20 | cmp -s - "$work/once"; [ $? -ne 0 ]; tell $? "control: 47. from other weights"
! grep -qh atomic "$work"/*.cu; tell $? "47. no program has an atomic operation"
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

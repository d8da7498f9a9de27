# cases.sh -- ACCEPTANCE's cases that need programs of their own, in both targets: cases.t and cuda_cases.t read it after lib.sh.
#   program NAME MODEL LIBRARY OPTION...    under tests/probe.c         command NAME MODEL OPTION...    with a command line
#   edit NEW OLD MODEL SCRIPT SCRIPT        the program OLD with an edit, for C and for CUDA; the text must have changed; MODEL - : it
#                                           has a command line
window_data
models=tests/models
made=build/tests/data/cases
[ -f $made/mean.txt ] || { mkdir -p $made && lua5.4 tests/cases_data.lua $made; }
if [ "$target" = c ]; then
    threads=2 extension=c
    program() { prober "$@"; }
    command() { trainer "$@"; }
    built() { if [ "$2" = - ]; then compile "$work/$1" "$work/$1.c" gagen; else compile "$work/$1" "tests/probe.c $work/$1.c" gagen -DPROGRAM="$2"; fi; }
else
    threads=1 extension=cu
    program() { cuda_prober "$@"; }
    command() { cuda_trainer "$@"; }
    built() { if [ "$2" = - ]; then emulated "$1" gagen; else emulated "$1" gagen tests/probe.c "$2"; fi; }
fi
edit() {
    local script=$4
    if [ "$target" != c ]; then script=$5; fi
    sed "$script" "$work/$2.$extension" > "$work/$1.$extension"
    ! cmp -s "$work/$1.$extension" "$work/$2.$extension" && built "$1" "$3" && return
    tell 1 "the control $1 is a program"
}
# run NAME DATA ARGUMENT...: what the probe prints
run() {
    local probe=$work/$1 from=$2
    shift 2
    "$probe" "$from" "$@"
}

# ---- 4: 64 ragged rows, split in four ways and in ten orders
for m in 64 16 8 1; do
    program orders_$m $models/case_orders.lua gagen -D micro_batch=$m
    run orders_$m $made - $threads 1 1 > "$work/orders_$m.out"
    yes "4. ragged rows as $((64 / m)) x $m: the gradient of 64 x 1, to half of 1e-6" \
        compare "$work/orders_$m.out" "$work/orders_64.out" --gradient 5e-7 --loss 5e-7
done
program orders $models/case_orders.lua gagen -D micro_batch=8 -D rows=orders.csv
for order in 1 2 3 4 5 6 7 8 9 10; do
    ln -sf orders_$order.csv $made/orders.csv
    run orders $made - $threads 1 1 > "$work/orders.out"
    compare "$work/orders.out" "$work/orders_64.out" --gradient 5e-7 --loss 5e-7 > "$work/said" || { sed 's/^/# /' "$work/said"; break; }
done
[ "$order" = 10 ] && ! grep -q over "$work/said"; tell $? "4. in ten orders as 8 x 8: the same gradient, so that any two of all 14 are within 1e-6"
program before $models/case_orders.lua gagen -D micro_batch=8 -D count=before
edit orders_off before case_orders '/^static void count/,/^}/s/k = 0/k = last/' \
    's/for (int k = 0; k < w.micros; k++) gg_replay(&counting)/gg_replay(\&counting)/'
run orders_off $made - $threads 1 1 > "$work/orders_off.out"
no "4. where one micro-batch alone is counted" compare "$work/orders_off.out" "$work/orders_64.out" --gradient 5e-7

# ---- 10: 2^24 + 1 tokens, and 25: a million losses
command count $models/case_count.lua
command sum $models/case_sum.lua
edit count_off count - 's/sums\[sum\] += \(part.*\);/sums[sum] = (float)(sums[sum] + \1);/' 's/sums\[\([0-9]\)\] += total/sums[\1] = (float)(sums[\1] + total)/'
edit sum_off sum - 's/double total = 0/float total = 0/;s/sums\[sum\] += \(part.*\);/sums[sum] = (float)(sums[sum] + \1);/' \
    's/double total = 0/float total = 0/;s/sums\[\([0-9]\)\] += total/sums[\1] = (float)(sums[\1] + total)/'
for name in count count_off sum sum_off; do
    "$work/$name" --data $made --log "$work/$name.log" > "$work/said" 2>&1
done
near "$(log_field "$work/count.log" loss)" 0.100000001490116 1e-7; tell $? "10. 2^24 + 1 tokens of one loss: their mean is it"
[ "$(log_field "$work/count.log" tokens)" = 16777217 ]; tell $? "10. and the count is exact"
[ "$(log_field "$work/count_off.log" tokens)" = 16777216 ]; tell $? "control: 10. in fp32 the last one is lost"
near "$(log_field "$work/sum.log" loss)" "$(cat $made/mean.txt)" 1e-7; tell $? "25. the mean of a million losses near 1 is that in double"
! near "$(log_field "$work/sum_off.log" loss)" "$(cat $made/mean.txt)" 1e-7; tell $? "control: 25. summed in fp32: $(log_field "$work/sum_off.log" loss)"

# ---- 38: norms within a sample
prober norms_double $models/case_norms.lua gagen_double
"$work/norms_double" "$data" - 2 1 1 save="$work/norms.safetensors" > "$work/norms_double.out"
for m in 24 12 2 1; do
    program norms_$m $models/case_norms.lua gagen -D micro_batch=$m
    run norms_$m "$data" - $threads 1 1 > "$work/norms.out"
    yes "38. GroupNorm, InstanceNorm, LayerNorm and RMSNorm, $((24 / m)) x $m: the full batch's gradient, in double" \
        compare "$work/norms.out" "$work/norms_double.out" --gradient 1e-6 --tensor 1e-4 --loss 1e-6
done
edit norms_off norms_2 case_norms 's/micro(t, m, 1)/micro(t, m, 0)/' 's/micro_next(void) { micro(1); }/micro_next(void) { micro(0); }/'
run norms_off "$data" - $threads 1 1 > "$work/norms.out"
no "38. next micro-steps that store" compare "$work/norms.out" "$work/norms_double.out" --gradient 1e-6

# ---- 49: evaluation
for every in 1 1000; do
    command eval_$every $models/case_resume.lua -D validate="$every"
    rm -f "$work"/eval_$every.st*
    "$work/eval_$every" --data "$data" --log "$work/eval.log" --save "$work/eval_$every.st" > "$work/eval_$every.said" 2>&1
    log_facts "$work/eval.log" | grep '^{"update"' > "$work/eval_$every.facts"
done
tensors() { tail -c $((4 * 3 * (12 * 16 + 12 + 6 * 12 + 6))) "$1" | cksum; }
[ "$(wc -l < "$work/eval_1.facts")" -eq 24 ] && cmp -s "$work/eval_1.facts" "$work/eval_1000.facts"
tell $? "49. an evaluation after every update: losses and norms keep every bit"
[ -s "$work/eval_1.st" ] && [ "$(tensors "$work/eval_1.st")" = "$(tensors "$work/eval_1000.st")" ]; tell $? "49. and so do weights and moments"
[ "$(grep -c '^valid' "$work/eval_1.said")" -ge 24 ] && [ "$(grep -c '^valid' "$work/eval_1000.said")" -lt 3 ]
tell $? "49. there were $(grep -c '^valid' "$work/eval_1.said") evaluations and $(grep -c '^valid' "$work/eval_1000.said")"
# between each window and its update, by the library: losses, gradients, weights, statistics and moments
without() { if [ "$target" = c ]; then compile "$work/$1" "tests/probe.c $work/aside_micro.c $work/window.c" gagen -DPROGRAM=case_aside; else
    cp "$work/aside_micro.cu" "$work/$1.cu" && RT=$work/runtime emulated "$1" gagen tests/probe.c case_aside; fi; }
for stats in micro pooled; do
    program aside_$stats $models/case_aside.lua gagen -D stats=$stats $(case $stats in pooled) echo -D ema=0.9;; esac)
    for how in plain aside; do
        run aside_$stats $made - $threads 4 1 2 3 4 $how save="$work/aside_$how.st" > "$work/aside_$how.out"
    done
    [ "$(grep -c ^gradient "$work/aside_plain.out")" -gt 12 ] && cmp -s "$work/aside_plain.out" "$work/aside_aside.out" && cmp -s "$work/aside_plain.st" "$work/aside_aside.st"
    tell $? "49. between four windows and their updates, batch norm's stats = \"$stats\": gradients, statistics, weights and moments keep every bit"
    if [ $stats = micro ]; then cp "$work/aside_plain.out" "$work/aside.want"; fi
done
rm -rf "$work/runtime" && cp -r runtime "$work/runtime"
sed 's/^    \*p->device.w = w;//' runtime/window.c > "$work/window.c"
sed -i '/gg_take_back();/d' "$work/runtime/gagen_cuda.h"
without aside_off
run aside_off $made - $threads 4 1 2 3 4 aside > "$work/aside.out"
! cmp -s "$work/aside.out" "$work/aside.want"; tell $? "control: 49. where the window is not what it was"
# gradients that are in an optimizer's state stay there, and nobody counts them twice
for into in momentum moments; do
    program into_$into $models/case_aside.lua gagen -D into=$into
    run into_$into $made - $threads 4 > "$work/plain.out"
    run into_$into $made - $threads 4 aside > "$work/aside.out"
    cmp -s "$work/plain.out" "$work/aside.out"; tell $? "49. between windows and updates of accumulate_in = \"$into\": the same bits"
    for how in twice between="$work/never.st"; do
        ! run into_$into $made - $threads 1 $how > "$work/said" 2>&1 && grep -q 'case_aside: a window waits for gg_update, and its gradients are in the optimizer' "$work/said"
        tell $? "library: accumulate_in = \"$into\", ${how%%=*}: an error"
    done
done
run aside_micro $made - $threads 1 twice between="$work/between.st" > "$work/said"; tell $? "control: library: where gradients have an array, nothing is refused"

# after every micro-step of a window of eight; N is what sums[] holds
# inside NAME OLD MODEL CALL: the program OLD, which calls that there
inside() { edit inside_$1 "$2" "$3" "/^static void window_full/i\\
#include \"library.h\"\\
extern const Program gagen_$3;\\
static void evaluate(const Thread *t);\\
static void aside(void) { double out[64]; $4 }
/^static void window_full/,/^}/s/micro_\(first\|next\)(.*/&\\
    aside();/" "/^static void replay_micros/i\\
#include \"library.h\"\\
extern \"C\" const Program gagen_$3;\\
static void aside(void) { double out[64]; $4 }
/^static void replay_micros/,/^}/{s/^ *gg_replay(&first);/&\\
    aside();/;s/gg_replay(&next);/gg_replay(\&next), aside();/;}"; }
for model in case_orders case_aside; do
    program whole_$model $models/$model.lua gagen -D micro_batch=$(case $model in case_orders) echo 8;; *) echo 4;; esac)
    run whole_$model $made - 1 1 1 > "$work/inside.want"
    inside $model whole_$model $model "gg_evaluate(\\&gagen_$model, \"train\", out);"
    run inside_$model $made - 1 1 1 > "$work/inside.out"
    [ "$(grep -c 'aside();' "$work/inside_$model.$extension")" -ge 2 ] && cmp -s "$work/inside.out" "$work/inside.want"
    tell $? "49. after each of eight micro-steps of $model: gradient and N keep every bit"
done
inside off whole_case_orders case_orders "$(if [ "$target" = c ]; then echo 'evaluate(\&(Thread){ 0, 1, 0 });'; else echo 'gg_evaluate(\&pass);'; fi) (void)out;"
run inside_off $made - 1 1 1 > "$work/inside.out"
! cmp -s "$work/inside.out" "$work/inside.want"; tell $? "control: 49. where the program evaluates and nobody puts N back"
updates='/^static void evaluate/,/^}/s/^}/    update(t);\
}/'
edit eval_off eval_1 - "$updates" 's/^static void evaluate(const Thread \*) { \(.*\) }$/static void evaluate(const Thread *t) { \1 update(t); }/'
rm -f "$work"/eval_off.st*
"$work/eval_off" --data "$data" --log "$work/eval.log" --save "$work/eval_off.st" > "$work/said" 2>&1
log_facts "$work/eval.log" | grep '^{"update"' > "$work/eval_off.facts"
! cmp -s "$work/eval_off.facts" "$work/eval_1000.facts"; tell $? "control: 49. evaluation that updates"

# ---- 50: killed in the third micro-step of eight
command whole $models/case_resume.lua
edit cut whole - '1i\
#include <signal.h>
s/{ micro(t, m, 1); }/{ if (t->id == 0 \&\& w.t == 5 \&\& m->from == 8) raise(SIGKILL); micro(t, m, 1); }/' '1i\
#include <csignal>
0,/const long at = dev->row\[m->from + n\];/s//if (m->from == 8 \&\& dev->w.t == 5) raise(SIGKILL);\n        &/'
rm -f "$work"/whole.st* "$work"/cut.st* "$work/cut.log"
"$work/whole" --data "$data" --log "$work/whole.log" --save "$work/whole.st" > "$work/said" 2>&1
"$work/cut" --data "$data" --log "$work/cut.log" --save "$work/cut.st" --save-every 1 > "$work/said" 2>&1
[ $? -eq 137 ] && [ "$(grep -c '^{"update"' "$work/cut.log")" -eq 4 ]; tell $? "50. killed in micro-step 3 of 8 of the fifth window"
cp "$work/cut.st" "$work/cut_4.st"
"$work/whole" --data "$data" --log "$work/cut.log" --save "$work/cut.st" --resume > "$work/said" 2>&1
log_facts "$work/whole.log" | grep '^{"update"' > "$work/whole.facts"
log_facts "$work/cut.log" | grep '^{"update"' | cmp -s - "$work/whole.facts" && [ "$(wc -l < "$work/whole.facts")" -eq 24 ]
tell $? "50. resumed: the next 20 updates, their rates, losses and norms, are bit for bit the undisturbed ones"
[ "$(tensors "$work/cut.st")" = "$(tensors "$work/whole.st")" ]; tell $? "50. and so are weights and moments"
"$work/whole" --data "$data" --log "$work/off.log" --load "$work/cut_4.st" > "$work/said" 2>&1
[ "$(log_field "$work/off.log" loss | sed -n 1p)" != "$(log_field "$work/whole.log" loss | sed -n 5p)" ]; tell $? "control: 50. the weights alone, without the place"

mv "$work/whole.st.best" "$work/away"
"$work/whole" --data "$data" --save "$work/whole.st" --resume > "$work/said" 2> "$work/err"
[ $? -eq 1 ] && grep -qx "error: $work/whole.st.best: it cannot be read, and .* the best weights so far are there: put it back, or begin .* --load $work/whole.st" "$work/err"
tell $? "50. without the file of the best weights a run is not resumed: $(cut -c8- "$work/err")"
"$work/whole" --data "$data" --save "$work/whole.st" --resume --eval > "$work/said" 2>&1 && grep -q '^valid' "$work/said"
tell $? "50. its last weights may be evaluated"
mv "$work/away" "$work/whole.st.best"
"$work/whole" --data "$data" --save "$work/whole.st" --resume > "$work/said" 2>&1 && grep -q 'resumed after update 24' "$work/said"
tell $? "control: 50. with it there"

# ---- 51: resumed with another split
for m in 4 2; do program split_$m $models/case_resume.lua gagen -D micro_batch=$m; done
run split_4 "$data" - $threads 10 > "$work/split_4.out"
run split_4 "$data" - $threads 5 save="$work/split.st" > "$work/said"
run split_2 "$data" resume="$work/split.st" $threads 5 > "$work/split_2.out"
head -c 4000 "$work/split.st" | grep -aq '"samples":"160"'; tell $? "51. the cursor is in samples: 5 windows of 32 are 160"
yes "51. 5 updates of 8 x 4, then 5 of 16 x 2: the weights of 10 of 8 x 4" compare "$work/split_2.out" "$work/split_4.out" --weight 1e-6
run split_2 "$data" "$work/split.st" $threads 5 > "$work/split_2.out"
no "51. from the weights alone" compare "$work/split_2.out" "$work/split_4.out" --weight 1e-6

#!/bin/sh
# interval.t -- what is done every so many updates, samples or epochs, and windows that change their size between two of them:
# ACCEPTANCE's cases 15, 16 and 17, each with its control.
cd "$(dirname "$0")/.." || exit 1
OPTIMIZE=-O0
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
window_data
model=tests/models/window_interval.lua

# every N LAST: N, 2 N ... and LAST
every() { awk -v n="$1" -v last="$2" 'BEGIN { for (u = n; u < last; u += n) printf("%d ", u); print last }'; }
splits() { sed -n 's/.*"split":"valid","update":\([0-9]*\).*/\1/p' "$work/log" | tr '\n' ' ' | sed 's/ $//'; }
logged() { sed -n 's/^{"update":\([0-9]*\).*/\1/p' "$work/log" | tr '\n' ' ' | sed 's/ $//'; }
# what a run renames to ends in .st where it is a checkpoint: its updates go into $SAVES
cat > "$work/watch.c" << 'EOF'
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int rename(const char *from, const char *to)
{
    char head[256] = "";
    FILE *f = fopen(from, "rb"), *saves = fopen(getenv("SAVES"), "a");
    fread(head, 1, sizeof head - 1, f);
    const char *at = strstr(head + 8, "\"update\":\"");
    if (!strcmp(to + strlen(to) - 3, ".st")) fprintf(saves, "%ld\n", at ? atol(at + 10) : -1);
    fclose(f);
    fclose(saves);
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}
EOF
$CC -w -shared -fPIC -o "$work/watch.so" "$work/watch.c" || tell 1 "the watch builds"
runs() {
    rm -f "$work"/saved.st* "$work/saves"
    SAVES="$work/saves" LD_PRELOAD="$PWD/$work/watch.so" "$work/$1" --data "$data/rows_1003" --log "$work/log" --save "$work/saved.st" $2 > "$work/out" 2>&1
}
saves() { tr '\n' ' ' < "$work/saves" | sed 's/ $//'; }

# ---- 16: 980 rows, 2 epochs
for of in "c 1" "c 3" "c 4" "cuda 3"; do
    target=${of% *} k=${of#* }
    make=trainer; [ $target = c ] || make=cuda_trainer
    $make ${target}_$k $model -D accumulate=$k
    runs ${target}_$k
    all=$((2 * ((980 + 8 * k - 1) / (8 * k))))
    [ "$(splits)" = "$(every 5 $all)" ]; tell $? "16. $target, K = $k: validated every 5 of $all updates"
    [ "$(logged)" = "$(every 2 $all)" ]; tell $? "16. $target, K = $k: logged every 2"
    saved=$(awk -v b=$((8 * k)) -v all=$all 'BEGIN { for (u = 1; u <= all; u++) {
        left = 980 - at; n = left < b ? left : b; was = done; done += n; at = (at + n) % 980
        if (int(done / 1000) > int(was / 1000) || u == all) printf("%s%d", c++ ? " " : "", u) } }')
    [ "$(saves)" = "$saved" ]; tell $? "16. $target, K = $k: saved at the updates that pass 1,000 samples: $(saves)"
done
runs c_4
[ "$(saves)" != "$saved" ]; tell $? "control: 16. another K's: $(saves)"
[ "$(splits)" != "$(every 5 $all)" ] && [ "$(logged)" != "$(every 2 $all)" ]; tell $? "control: 16. and what it validates and logs"
for v in 3epochs 50samples; do trainer v_$v $model -D accumulate=4 -D validate=$v; done
runs v_3epochs "--epochs 7"
[ "$(splits)" = "93 186 217" ]; tell $? "16. every 3 of 7 epochs: $(splits)"
runs v_50samples "--steps 8"
[ "$(splits)" = "2 4 5 7 8" ]; tell $? "16. every 50 samples in windows of 32: $(splits)"
trainer v_tokens $model -D accumulate=4 -D validate=700tokens
runs v_tokens "--steps 8"
[ "$(splits)" = "2 3 5 6 7 8" ]; tell $? "16. every 700 tokens in windows of 32 rows of 16: $(splits)"
trainer v_fewer $model -D accumulate=4 -D validate=700tokens -D tokens=15
runs v_fewer "--steps 8"
[ "$(splits)" != "2 3 5 6 7 8" ]; tell $? "control: 16. rows of 15: $(splits)"
runs v_3epochs "--steps 8"
[ "$(splits)" != "2 4 5 7 8" ]; tell $? "control: 16. every 3 epochs in 8 updates: $(splits)"

# ---- 15: six updates, warm-up over three, then a line to 0 that is reached after the last
rates() { "$work/$1" --data "$data/rows_80" --log "$work/log" > "$work/out" 2>&1; log_field "$work/log" lr; }
# line WARMUP: lr t / W up to W, then a line from 0.4, to 2.2e-16 of it
line() {
    paste -d ' ' - - - - - - | awk -v w="$1" '{ for (t = 1; t <= 6; t++) { e = t <= w ? 0.4 * t / w : 0.4 - 0.4 * ((t - 1 - w) / (6 - w))
        d = ($t - e) / e; if (NF != 6 || d > 2.2e-16 || d < -2.2e-16) bad = 1 } } END { exit !(NR == 1 && !bad) }'
}
for of in "c 1" "c 4" "cuda 4"; do
    target=${of% *} k=${of#* }
    make=trainer; [ $target = c ] || make=cuda_trainer
    $make rate_${target}_$k tests/models/window_rate.lua -D accumulate=$k
    rates rate_${target}_$k > "$work/rates"
    line 3 < "$work/rates"; tell $? "15. $target, K = $k: every rate is the closed form's to 1 ulp: $(tr '\n' ' ' < "$work/rates")"
done
line 2 < "$work/rates"; [ $? -eq 1 ]; tell $? "control: 15. a warm-up of two"
awk '{ printf "%.17g\n", $1 * (NR == 5 ? 1 + 4.5e-16 : 1) }' "$work/rates" | line 3; [ $? -eq 1 ]; tell $? "control: 15. two ulp"

# ---- 17: sizes of windows, as the log's samples say
sizes() { log_field "$work/log" samples | awk '{ printf("%s%d", NR > 1 ? " " : "", $1 - last); last = $1 }'; }
ten="16 16 16 16 16 16 16 16 16 16"
for target in c cuda; do
    make=trainer; [ $target = c ] || make=cuda_trainer
    for from in 10updates 200samples 1epoch; do
        [ "$target $from" = "cuda 200samples" ] && continue
        $make at_${target}_$from $model -D from=$from -D log=1
    done
    runs at_${target}_10updates "--steps 13"
    [ "$(sizes)" = "$ten 64 64 64" ]; tell $? "17. $target: 2 micro-batches, from update 10 on 8"
    grep -q "batch 16 = 2 x 8: .* in all; from update 11 on 64" "$work/out"; tell $? "17. $target: as printed"
    runs at_${target}_1epoch
    [ "$(sizes | tr ' ' '\n' | uniq -c | awk '{ printf("%s%d x %d", NR > 1 ? ", " : "", $1, $2) }')" = "61 x 16, 1 x 4, 15 x 64, 1 x 20" ]
    tell $? "17. $target: after an epoch, tails included"
    [ "$(sizes)" != "$ten 64 64 64" ]; tell $? "control: 17. $target: another threshold"
done
for target in c cuda; do
    make=trainer; [ $target = c ] || make=cuda_trainer
    $make tokens_$target $model -D from=3073tokens -D log=1
    runs tokens_$target "--steps 15"
    [ "$(sizes)" = "$ten 16 16 16 64 64" ]; tell $? "17. $target: 3,073 tokens of rows of 16 lie in window 13, which stays as it is"
done
tr -s '\n ' '  ' < "$work/tokens_c.c" | grep -q 'accumulate 2 up to token 3073, 8; 16 tokens a sample'; tell $? "17. the header says so"
trainer tokens_less $model -D from=3072tokens -D log=1
runs tokens_less "--steps 15"
[ "$(sizes)" = "$ten 16 16 64 64 64" ]; tell $? "17. 3,072 tokens end with window 12"
runs at_c_200samples "--steps 15"
[ "$(sizes)" = "$ten 16 16 16 64 64" ]; tell $? "17. a threshold of 200 samples lies in window 13, which stays as it is"
for tail in drop carry; do
    trainer tail_$tail $model -D log=1 -D tail=$tail
    runs tail_$tail
    sizes | tr ' ' '\n' | uniq -c | awk '{ printf("%s%d x %d", NR > 1 ? ", " : "", $1, $2) }' > "$work/sizes"
    case $tail in
        drop) expect="10 x 16, 27 x 64" ;;                  # 12 windows of 64 in what is left of the epoch, 15 in the next
        carry) expect="10 x 16, 28 x 64, 1 x 8" ;;
    esac
    [ "$(cat "$work/sizes")" = "$expect" ]; tell $? "17. tail = \"$tail\": $(cat "$work/sizes")"
done
# resumed inside the second size
rm -f "$work"/*.st
runs at_c_10updates "--steps 14 --seed 1 --save $work/whole.st"
log_facts "$work/log" > "$work/whole.log"
generate "$work/probed.c" $model --library && compile "$work/probed" "tests/probe.c $work/probed.c" gagen -DPROGRAM=window_interval
"$work/probed" "$data/rows_1003" - 2 12 save="$work/half.st" > "$work/half"
"$work/probed" "$data/rows_1003" resume="$work/half.st" 2 2 > "$work/rest"
"$work/probed" "$data/rows_1003" - 2 14 > "$work/all"
[ "$(grep '^weight' "$work/rest")" = "$(grep '^weight' "$work/all")" ]; tell $? "50. resumed after the change: the weights of the whole run"
[ "$(grep '^weight' "$work/half")" != "$(grep '^weight' "$work/all")" ]; tell $? "control: 50. two updates earlier"

# ---- 26: the norm that a report asks for
for target in c cuda; do
    make=trainer; [ $target = c ] || make=cuda_trainer
    for m in 1 2; do
        $make norm_${target}_$m tests/models/window_norm.lua -D micro_batch=$m -D loss_scale=$((m * m * 1024))
        "$work/norm_${target}_$m" --data "$data/clip.csv" --log "$work/log" > "$work/out"
        near "$(log_field "$work/log" grad_norm)" 1.4142135623730951 1e-6
        tell $? "26. $target, micro-batches of $m, a loss scale of $((m * m * 1024)): the norm of the mean, unscaled"
    done
done
sed 's/report = { grad_norm = true },//' tests/models/window_norm.lua > "$work/window_norm.lua"
trainer quiet "$work/window_norm.lua"
"$work/quiet" --data "$data/clip.csv" --log "$work/log" > "$work/out"
! near "$(log_field "$work/log" grad_norm)" 1.4142135623730951 1e-6; tell $? "control: 26. nobody asks, and there is none"
finish

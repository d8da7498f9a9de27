#!/bin/sh
# terms.t -- terms with denominators and statistics of their own, in both targets: ACCEPTANCE's cases by number.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/terms.lua
want=tests/reference/terms.txt
lua5.4 - "$work" << 'EOF'
local hashed = dofile("tests/hashed.lua")
local function label(x) return x >= 0.5 and -100 or math.floor(2 * (x + 1)) end
hashed.csv(arg[1] .. "/terms.csv", 32, { { "x", 4, 1 }, { "label", 1, 2, label } })
hashed.safetensors(arg[1] .. "/start.safetensors", { { "net.0.weight", 8, 4 }, { "net.0.bias", 8 }, { "net.2.weight", 3, 8 }, { "net.2.bias", 3 } }, 10)
EOF
run() { "$work/$1" "$work" "$work/start.safetensors" 2 1 1 > "$work/$1.got"; }
# term NAME MICRO WHAT [REFERENCE BATCH]: the term's gradient and loss in micro-batches of MICRO, by the program of $target
term() {
    local name=$1_$2 make=prober
    [ $target = c ] || { name=cuda_$name make=cuda_prober; }
    $make "$name" $model gagen -D term="$1" -D micro_batch="$2" -D batch="${5:-32}" && run "$name"
    yes "$3, micro-batches of $2" compare "$work/$name.got" $want --case "${4:-$1}" --gradient 1e-6 --loss 1e-6
}
# naive NAME LEAST: what the mean of micro-batches' gradients is off by
naive() { awk -v name="$1:" -v least="$2" '$2 == "naive" && $3 == name { d = $4 } END { exit !(d > least) }' $want; }

for target in c cuda; do
    term weighted 8 "5. $target, classes of weights 1, 10 and 0.1, some labels ignored, smoothing 0.1: the window's sum of weights"
    term weighted 1 "5. $target, the same, and weights do not cancel"
done
yes "control: 5. in batches of one they do, by more than 0.5" naive weighted 0.5
sed 's/w.scale_out = .*/w.scale_out = (real)(1 \/ (double)w.samples);/' "$work/weighted_8.c" > "$work/off.c"
quick compile "$work/off" "tests/probe.c $work/off.c" gagen -DPROGRAM=terms && run off
no "5. divided by samples" compare "$work/off.got" $want --case weighted --gradient 1e-6
yes "5. the header says what is divided by, and when" grep -q 'scale_out = 1 / (sums\[1\]), post-scale: known after the last micro-step' "$work/weighted_8.c"
no "5. nothing is counted ahead" grep -q pre-count "$work/weighted_8.c"

for target in c cuda; do
    term additive 32 "8. $target, a balance of experts that is a mean over samples"
    term additive 1 "8. $target, the same"
    term window 8 "8. $target, a balance of shares of the whole window, one detached: counted ahead of it"
    term window 1 "8. $target, the same"
done
counted=$(tr -s '\n ' '  ' < "$work/window_8.c" | grep -o 'for the loss in line 13, pre-count: counted from the data before the first backward' | wc -l)
yes "8. the header says so of every term" [ "$counted" = 3 ]
yes "8. and of the one that is divided by samples" grep -q 'scale_in\[.\] = 1 / (samples \* 3), for the loss in line 7$' "$work/window_8.c"
no "8. nothing waits for the end" grep -q post-scale "$work/window_8.c"
yes "control: 8. micro-batches' own shares are off by more than 0.05" naive window 0.05
no "8. the additive balance is another one" compare "$work/window_8.got" $want --case additive --gradient 1e-6

for loss in infonce dice centred; do
    yes "control: 9. $loss, accumulated naively, is off by more than 0.1" naive $loss 0.1
    refused() { ! ./gagen -t c "tests/errors/mixes_$1.lua" > /dev/null 2>&1; }
    yes "9. $loss is refused" refused $loss
done
sed 's/fn.sum(p) + /fn.sum(fn.detach(p)) + /' tests/errors/mixes_dice.lua > "$work/declared.lua"
yes "9. its denominator detached it is a term" ./gagen -t c -o "$work/declared.c" "$work/declared.lua"

# fn.per_micro: each micro-batch by itself, weighted by its rows; 32 rows are 12, 12 and 8
for target in c cuda; do
    term dice 8 "9. $target, dice of each micro-batch, declared" dice_8
    term dice 12 "9. $target, the same with a short one" dice_12 48
    term centred 12 "9. $target, a mean over the micro-batch, subtracted" centred_12 48
    term shares 12 "8. $target, a balance of each micro-batch's own shares" window_12 48
done
no "9. another cut" compare "$work/dice_12.got" $want --case dice_8 --gradient 1e-6
no "9. the loss of another cut" compare "$work/dice_12.got" $want --case dice_8 --loss 1e-6
for loss in dice centred; do
    prober "double_$loss" $model gagen_double -D term=$loss -D batch=48 -D micro_batch=12 && run "double_$loss"
    yes "9. $loss in double" compare "$work/double_$loss.got" $want --case ${loss}_12 --gradient 1e-12 --tensor 1e-12 --loss 1e-12
    no "9. the first gradient times 1 + 1e-6" compare "$work/double_$loss.got" $want --case ${loss}_12 --gradient 1e-12 --scale 1.000001
done
sed 's/n < N && n < rows; /n < N; /' "$work/shares_12.c" > "$work/off.c"
quick compile "$work/off" "tests/probe.c $work/off.c" gagen -DPROGRAM=terms && run off
no "9. rows that only fill up are summed, too" compare "$work/off.got" $want --case window_12 --gradient 1e-6
own() { grep -q 'sums.*, of each micro-batch: not independent of micro_batch' "$work/$1.c"; }
yes "9. the header says that it depends on micro_batch" own dice_12
no "9. shares of the window do not" own window_8
prober poor $model gagen -D term=centred -D batch=48 -D micro_batch=12 --no-reuse -D recompute=all && run poor
"$work/centred_12" "$work" "$work/start.safetensors" 3 1 1 > "$work/three.got"
yes "9. three threads give the bits of two" cmp "$work/centred_12.got" "$work/three.got"
yes "9. so do buffers of their own, and values rematerialised" cmp "$work/centred_12.got" "$work/poor.got"
warned() { sed "s/minimize = terms.*(),/minimize = $1,/; s/option(\"micro_batch\", 8)/4/" $model > "$work/warned.lua"; ./gagen -t c "$work/warned.lua" 2>&1 > /dev/null | grep -q 'gagen already divides'; }
yes "a loss divided by accumulate is warned of" warned 'mse \/ 8'
yes "and one times its inverse" warned 'mse * (1 \/ 8)'
no "one divided by something else" warned 'mse \/ 7'

cat > "$work/detached.lua" <<'END'
local rows = data.csv { "terms.csv", shuffle = false, columns = { x = "1-4" } }
local z = nn.Linear(1, { name = "net" })(rows.x)
local factor = { behind = fn.detach(fn.mean(z)), before = fn.mean(fn.detach(z)), none = fn.mean(fn.detach(0 * z + 1)) }
train { data = rows, batch = 32, micro_batch = 8, steps = 2, minimize = fn.mean(z ^ 2) * factor[option("factor", "behind")], optim = optim.SGD { lr = 0.1 } }
END
for factor in behind before none; do
    prober "detached_$factor" "$work/detached.lua" gagen -D factor=$factor && "$work/detached_$factor" "$work" - 2 2 1 2 > "$work/$factor.got"
done
yes "8. a factor may be detached behind its sum or in front of it" cmp "$work/behind.got" "$work/before.got"
no "8. without the factor" cmp "$work/none.got" "$work/before.got"

# a term in which nothing counts adds nothing, to the loss in the log either; where no term counts that is NaN
printf 'a,b,m,k\n1,2,0,1\n2,1,1,1\n3,1,0,0\n' > "$work/empty.csv"
cat > "$work/empty.lua" <<'END'
local rows = data.csv { "empty.csv", shuffle = false, columns = { x = "1-2", m = "m", k = "k" } }
local u = nn.Linear(1, { name = "net" })(rows.x)
local main = fn.mse(u, 2 * rows.m + 1, { mask = rows.k })
train { data = rows, batch = 1, epochs = 1, minimize = main + 0.1 * fn.mse(u, rows.k, { mask = rows.m }), report = { main = main }, optim = optim.SGD { lr = 0.1 } }
END
trainer empty "$work/empty.lua" -t c && "$work/empty" --data "$work/empty.csv" --log "$work/empty.log" > "$work/said" 2>&1
parts() { [ "$(log_field "$work/empty.log" loss | sed -n "$1p")" = "$(log_field "$work/empty.log" main | sed -n "$1p")" ]; }
yes "6. the loss is the term that counts" parts 1
no "6. where both count" parts 2
yes "48. where none counts it is NaN" [ "$(log_field "$work/empty.log" loss | sed -n 3p)" = null ]

# A gradient that no row has a part in is the penalty's in every window: its first write stores, after the last micro-step.
same_twice() { [ -n "$(sed -n 's/^gradient 1 scale //p' "$1")" ] && [ "$(sed -n 's/^gradient 1 scale //p' "$1")" = "$(sed -n 's/^gradient 2 scale //p' "$1")" ]; }
windows() { "$work/$1" hashed=64 hashed 1 2 1 2 > "$work/$1.got"; }
for micro in 2 4; do
    prober penalty_$micro tests/models/penalty.lua gagen_double -D micro_batch=$micro && windows penalty_$micro
    yes "c, micro-batches of $micro: a penalty's gradient is the same in each window" same_twice "$work/penalty_$micro.got"
    cuda_prober cuda_penalty_$micro tests/models/penalty.lua gagen_double -D micro_batch=$micro && windows cuda_penalty_$micro
    yes "cuda, the same" same_twice "$work/cuda_penalty_$micro.got"
done
sed 's/v8_store(&g.scale\[i\]\[j\], /&v8_load(\&g.scale[i][j]) + /' "$work/penalty_2.c" > "$work/added.c"
quick compile "$work/added" "tests/probe.c $work/added.c" gagen_double -DPROGRAM=penalty && windows added
no "one that adds" same_twice "$work/added.got"
finish

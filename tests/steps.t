#!/bin/sh
# steps.t -- several steps in turn: two networks with an optimizer each beside PyTorch's, in both targets; what a round is.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/gan.lua
want=tests/reference/steps.txt
lua5.4 - "$work" << 'EOF'
local hashed = dofile("tests/hashed.lua")
hashed.csv(arg[1] .. "/rows.csv", 53, { { "x", 4, 1 }, { "z", 3, 2 } })
hashed.safetensors(arg[1] .. "/start.safetensors", { { "disc.0.weight", 11, 4 }, { "disc.0.bias", 11 }, { "disc.2.weight", 1, 11 },
  { "disc.2.bias", 1 }, { "gen.0.weight", 9, 3 }, { "gen.0.bias", 9 }, { "gen.2.weight", 4, 9 }, { "gen.2.bias", 4 } }, 10)
EOF

# program NAME [OPTION...]: a double program of NAME.lua with a command line; cuda_program the same in CUDA
program() { generate "$work/$1.c" "$work/$1.lua" $(shift; echo "$@") && compile "$work/$1" "$work/$1.c" gagen_double; }
cuda_program() { generate "$work/$1.cu" "$work/$1.lua" -t cuda $(shift; echo "$@") && emulated "$1" gagen_double; }

# rounds NAME OPTION...: runs it; the losses of both steps in every round, in the words of steps.txt
rounds() {
    (cd "$work" && n=$1 && shift && "./$n" --log "$n.jsonl" "$@" > "$n.said" 2>&1)
    sed -n 's/^{"update":\([0-9]*\),.*"d":\([^,]*\),"g":\([^,]*\),.*/\1 \2 \3/p' "$work/$1.jsonl" |
        awk '{ printf "loss %d %s\nloss %d %s\n", 2 * $1 - 1, $2, 2 * $1, $3 }'
}
same_tensors() { tail -c $((8 * 143 * 3)) "$work/$1" > "$work/one" && tail -c $((8 * 143 * 3)) "$work/$2" > "$work/two" && cmp "$work/one" "$work/two"; }

# ---- beside PyTorch
cp $model "$work/gan.lua"
program gan || finish
rounds gan --threads 1 --save gan.safetensors > "$work/gan.got"
yes "ten rounds of Adam twice and SGD once: the losses are PyTorch's to 1e-9" compare "$work/gan.got" $want --case rounds --loss 1e-9
prober probe $model gagen_double
prober apart_probe $model gagen_double -D apart=true
turns() { (cd "$work" && p=$1 && shift && "./$p" rows.csv "$@"); }
turns probe - 1 27 > "$work/probe.got"
yes "so are the weights after 17 and 10 windows" compare "$work/probe.got" $want --case rounds --weight 1e-9
cp $model "$work/cuda_gan.lua"
if cuda_program cuda_gan; then
    rounds cuda_gan --save cuda_gan.safetensors > "$work/cuda_gan.got"
    yes "in CUDA: the same losses" compare "$work/cuda_gan.got" $want --case rounds --loss 1e-9
fi
# windows of their own: a round is 16 rows, two windows of 8 for one step, one of 12 for the other; the last one has 5 rows
cp $model "$work/uneven.lua" && cp $model "$work/cuda_uneven.lua"
for n in uneven cuda_uneven; do
    make=program; [ $n = uneven ] || make=cuda_program
    $make $n -D apart=true
    rounds $n --threads 1 --save $n.safetensors > "$work/$n.got"
    yes "$n: steps with an accumulate of their own: the losses are PyTorch's to 1e-9" compare "$work/$n.got" $want --case apart --loss 1e-9
    no "$n: windows alike" compare "$work/$n.got" $want --case rounds --loss 1e-9
done
yes "as printed" grep -q 'each is a round of 16 samples, of which d 2 x 8, g 1 x 12' "$work/uneven.said"
rounds uneven --threads 3 --save three.safetensors > "$work/three.got"
yes "three threads give the bits of one" same_tensors uneven.safetensors three.safetensors
sed 's/sums\[5\] = (double)w.samples;/sums[5] = 8;/' "$work/uneven.c" > "$work/off.c"
quick compile "$work/off" "$work/off.c" gagen_double && rounds off > "$work/off.got"
no "one step's samples told for the other's" compare "$work/off.got" $want --case apart --loss 1e-9
sed 's/{ .name = "g", .times = 1, .batch = 12,/{ .name = "g", .times = 1, .batch = 8,/' "$work/uneven.c" > "$work/off.c"
quick compile "$work/off" "$work/off.c" gagen_double && rounds off > "$work/off.got"
no "the generator's window is the other's" compare "$work/off.got" $want --case apart --loss 1e-9

# all NAME FILE: the losses of all rows with the weights of FILE
all() {
    (cd "$work" && "./$1" --eval ${3:+--threads $3} --load "$2" --log all.jsonl > said 2>&1)
    sed -n 's/.*"d":\([^,]*\),"g":\([^,}]*\).*/loss 1 \1\nloss 2 \2/p' "$work/all.jsonl" > "$work/all.got"
}
for n in gan cuda_gan; do
    all $n $n.safetensors $(case $n in gan) echo 3;; esac)
    yes "$n: evaluation sees both losses of all rows" compare "$work/all.got" $want --case "all rows" --loss 1e-9
done
all gan start.safetensors
no "with the first weights" compare "$work/all.got" $want --case "all rows" --loss 1e-9
for bug in 's/times = 2/times = 1/' 's/fn.detach(fake)/fake/;s/params = disc/params = { disc }/;s/betas = { 0.5,/betas = { 0.6,/' \
    's/clip = 0.2/clip = 0.21/' 's/gen\[3\].bias, lr = 0.05/gen[3].bias, lr = 0.06/' 's/optim.linear { 2e-2, 1e-2 }/2e-2/'; do
    sed "$bug" $model > "$work/off.lua"
    quick program off && rounds off > "$work/off.got"
    no "$bug" compare "$work/off.got" $want --case rounds --loss 1e-9
done
sed 's/void step_d_micro_next(\(.*\)micro(t, m, 1)/void step_d_micro_next(\1micro(t, m, 0)/' "$work/gan.c" > "$work/off.c"
quick compile "$work/off" "$work/off.c" gagen_double && rounds off > "$work/off.got"
no "the first step's micro-steps store where they should add" compare "$work/off.got" $want --case rounds --loss 1e-9

# ---- bits
rounds gan --threads 3 --save three.safetensors > "$work/three.got"
yes "three threads give the bits of one" same_tensors gan.safetensors three.safetensors
cp $model "$work/apart.lua"
program apart --no-reuse && rounds apart --save apart.safetensors > /dev/null
yes "so does an arena in which nothing is reused" same_tensors gan.safetensors apart.safetensors
# poisoned NAME WHERE: all but parameters and states is NaN, from WHERE of each step's window on; without a norm, which reads the
# zeros between gradients, too
sed 's/, clip = 0.2//' $model > "$work/plain.lua"
program plain && rounds plain --save plain.safetensors > /dev/null
poisoned() {
    sed "/^static void step_[dg]_gradient(/,/^}/s/$2/if (t->id == 0) memset(\&arena, 255, sizeof arena), memset(\&packed, 255, sizeof packed), memset(\&g, 255, sizeof g); barrier(t); &/" \
        "$work/plain.c" > "$work/$1.c"
    ! cmp -s "$work/plain.c" "$work/$1.c" && quick compile "$work/$1" "$work/$1.c" gagen_double -include string.h && rounds $1 --save $1.safetensors > /dev/null
}
poisoned before 'step_[dg]_prepare(t);'
yes "39. poison ahead of every window changes nothing" same_tensors plain.safetensors before.safetensors
poisoned behind 'for (int i = 0; t->id == 0.*'
no "39. poison behind what is prepared" same_tensors plain.safetensors behind.safetensors
turns probe - 1 11 save=four.safetensors > /dev/null
turns probe resume=four.safetensors 1 16 > "$work/resumed"
grep -h ^weight "$work/probe.got" > "$work/whole"
yes "four rounds of 11 windows, a checkpoint, six rounds more: the same bits" sh -c "grep ^weight $work/resumed | cmp - $work/whole"
turns probe resume=four.safetensors 1 15 > "$work/resumed"
no "all but the last window" sh -c "grep ^weight $work/resumed | cmp - $work/whole"
turns probe - 1 10 save=never.safetensors 2> "$work/refused" > "$work/resumed"
turns apart_probe - 1 28 > "$work/probe.got"
yes "so are the weights of steps with windows of their own, after 18 and 10" compare "$work/probe.got" $want --case apart --weight 1e-9
turns apart_probe - 1 11 save=four.safetensors > /dev/null
turns apart_probe resume=four.safetensors 1 17 > "$work/resumed"
grep -h ^weight "$work/probe.got" > "$work/whole"
yes "and resumed after the fourth round" sh -c "grep ^weight $work/resumed | cmp - $work/whole"
turns apart_probe resume=four.safetensors 1 16 > "$work/resumed"
no "all but the last of these windows" sh -c "grep ^weight $work/resumed | cmp - $work/whole"
yes "no checkpoint inside of a round" grep -q 'a round is under way: its last step first' "$work/refused"

# ---- schedules: a factor of each loss, 0 at its step's first update and one more at each; `held` is 0 in row 17, which the second
# round's first window of d reads
held() { awk -F, -v OFS=, -v row="$1" 'NR == 1 { $(NF + 1) = "held" } NR > 1 { $(NF + 1) = NR != row + 1 } { print }'; }
head -n 49 "$work/rows.csv" | held 17 > "$work/held.csv"
head -n 13 "$work/rows.csv" | held 17 > "$work/held_valid.csv"
cat > "$work/factors.lua" << 'EOF'
local rows = data.csv { "held.csv", shuffle = false, valid = "held_valid.csv", columns = { x = "1-4", z = "5-7", held = "held" } }
local a, b = nn.Linear(1), nn.Linear(1)
local count = optim.linear { 0, 64, over = 64 }
local dp, dr = fn.mean((a(rows.x) / rows.held - 1) ^ 2), fn.mean(a(rows.x) ^ 2)
local gp, gr = fn.mean((b(rows.z) - 1) ^ 2), fn.mean(b(rows.z) ^ 2)
train { data = rows, batch = 8, micro_batch = 4, epochs = 3, validate = 1, nonfinite = "skip_window",
  loss_scale = option("dynamic", false) and { "dynamic", start = 64, interval = 100 } or nil,
  step { name = "d", minimize = dp + count * dr, params = a, times = 2, optim = optim.SGD { lr = 0.01 } },
  step { name = "g", minimize = gp + count * gr, params = b, optim = optim.SGD { lr = 0.01 } },
  report = { dp = dp, dr = dr, gp = gp, gr = gr } }
EOF
# every line's factors are those of the steps' own updates; of d's the log says that it left out `skips`
cat > "$work/factors.awk" << 'EOF'
function field(name) { return match($0, "\"" name "\":[^,}]*") ? substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 3) : "" }
function check(step, t,    plain, factor) {
    plain = field(step "p")
    if (plain ~ /NaN|Inf/ || t == "") return
    factor = (field(step) - plain) / field(step "r") - (t - 1)
    if (factor > 1e-6 || factor < -1e-6) { print step, "is", factor, "off in", $0; bad = 1 }
}
/"update":/ && !/"split"/ { left += field("skipped_d"); g = field("update") }
{ check("d", 2 * g - left); check("g", g); lines++ }
/"skipped_g"|"skipped":/ { print; bad = 1 }
END { exit bad || lines < 16 || left != skips }
EOF
for n in factors cuda_factors; do
    make=program; [ $n = factors ] || { make=cuda_program; cp "$work/factors.lua" "$work/$n.lua"; }
    $make $n
    (cd "$work" && "./$n" --log $n.jsonl > $n.said)
    yes "$n: factors of losses follow their own step's updates, in training and in evaluation, and after windows that are left out" \
        awk -v skips=3 -f "$work/factors.awk" "$work/$n.jsonl"
    [ "$(grep -c '"skipped_d":1' "$work/$n.jsonl")" = 3 ] && grep -q '^3 of 18 windows of d changed nothing' "$work/$n.said"
    tell $? "$n: each line of the log says of which step a window was left out, and so does the end"
done
# valid PROGRAM OPTION...: its line of an evaluation; the run's last one is the seventh update of g
valid() { (cd "$work" && n=$1 && shift && "./$n" --log valid.jsonl "$@" > said 2>&1 && grep '"split":"valid"' valid.jsonl | tail -n 1); }
rm -f "$work"/factors.st*
last=$(valid factors --steps 7 --save factors.st)
[ "$(valid factors --steps 7 --eval --resume --save factors.st)" = "$last" ] && [ "$(valid factors --steps 7 --eval --load factors.st)" = "$last" ]
tell $? "--eval takes factors from the update that the file stands at, by --resume and by --load"
sed 's/\.fingerprint = 0x[0-9a-f]*u/.fingerprint = 1/' "$work/factors.c" > "$work/off.c"
quick compile "$work/off" "$work/off.c" gagen_double
[ "$(valid off --eval --load factors.st)" != "$last" ] && awk -v d=$(grep -o '"d":[^,]*,\|"dp":[^,]*,' "$work/valid.jsonl" | tr -d '\n') 'BEGIN { split(d, v, /[:,]/); exit v[2] != v[4] }'
tell $? "control: the weights of another program have those of update 1"
sed 's/w\.of\[1\]\.t/w.of[0].t/g' "$work/factors.c" > "$work/off.c"
quick compile "$work/off" "$work/off.c" gagen_double && (cd "$work" && ./off --log off.jsonl > said)
no "the second step's factor by the first one's updates" awk -v skips=3 -f "$work/factors.awk" "$work/off.jsonl"
program factors -D dynamic=true && (cd "$work" && ./factors --log dynamic.jsonl > said)
grep -o '"loss_scale":[0-9]*' "$work/dynamic.jsonl" | uniq -c | tr -s ' \n' ' ' > "$work/scales"
[ "$(cat "$work/scales")" = ' 1 "loss_scale":64 3 "loss_scale":32 3 "loss_scale":16 2 "loss_scale":8 ' ]
tell $? "one loss scale for all steps: a window of d that is not finite halves it"

# ---- text
sed 's/^  step { name = "g".*//; s/^  rules = { /  rules = { { gen, freeze = true }, /; s/{ gen.3..bias, lr = 0.05 }//' $model > "$work/only_d.lua"
sed '/^  step { name = "d"/,/^    optim/d; s/^  rules = { /  rules = { { disc, freeze = true }, /' $model > "$work/only_g.lua"
arena() { ./gagen -t "$1" --dump=join "$2" | sed -n 's/^arena \([0-9]*\) reals.*/\1/p'; }
for target in c cuda; do
    both=$(arena $target $model) d=$(arena $target "$work/only_d.lua") g=$(arena $target "$work/only_g.lua")
    [ "$d" -gt 0 ] && [ "$g" -gt 0 ] && [ "$both" -eq $((d > g ? d : g)) ]; tell $? "$target: one arena of $both reals for steps that need $d and $g"
done
yes "both steps have their functions" grep -q '^static void step_d_update' "$work/gan.c" && grep -q '^static void step_g_update' "$work/gan.c"
yes "an update is one pass over a step's part of the arrays" grep -q '^ *step_g_optimize(192 + (long)b \* step_g_BLOCK,$' "$work/gan.c"
for target in c cuda; do
    yes "examples/gan.lua is a program, $target" ./gagen -t $target -o "$work/example" examples/gan.lua
done
finish

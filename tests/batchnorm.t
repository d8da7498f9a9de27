#!/bin/sh
# batchnorm.t -- ACCEPTANCE's case 37: batch norm in windows beside PyTorch, in C and in CUDA under the emulator.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
rows=$work/rows
mkdir -p "$rows" && lua5.4 tests/nets_data.lua "$rows"
want=tests/reference/batch_norm.txt model=tests/models/batch_norm.lua

program() { if [ $target = c ]; then prober "$@"; else cuda_prober "$@"; fi; }
run() {
    local probe=$work/$1 threads=$2
    shift 2
    "$probe" "$rows" "$rows/batch_norm.safetensors" $threads "$@"
}
mode() {
    case $1 in micro) ;; window) echo -D momentum=window ;; part) echo -D freeze=true ;; *) echo -D stats=$1 ;; esac
}

for target in c cuda; do
    for m in micro window pooled frozen part; do
        if [ $target = cuda ] && { [ $m = frozen ] || [ $m = part ]; }; then continue; fi
        name=${target}_$m
        program $name $model gagen_double $(mode $m) && run $name 2 20 1 > "$work/$name.out"
        yes "37. $m, $target: 20 losses, weights and running statistics are PyTorch's to 1e-12" \
            compare "$work/$name.out" $want --case $m --loss 1e-12 --gradient 1e-12 --weight 1e-12
    done
    no "37. $target: statistics pooled where each micro-batch moves them" \
        compare "$work/${target}_pooled.out" $want --case micro --weight 1e-12
done
no "37. c: momentum as given where K of it make one" compare "$work/c_micro.out" $want --case window --weight 1e-12
no "37. c: a layer in training where it is frozen" compare "$work/c_micro.out" $want --case part --loss 1e-12

# In float, and with what should change nothing.
for target in c cuda; do
    program ${target}_float $model gagen && run ${target}_float 1 1 1 > "$work/$target.float"
    run ${target}_micro 1 1 1 > "$work/$target.double"
    yes "37. $target, in float: running statistics and weights of one update to 1e-6" \
        compare "$work/$target.float" "$work/$target.double" --loss 1e-6 --weight 1e-6
done
run c_float 1 20 1 > "$work/threads.1"
run c_float 3 20 1 > "$work/threads.3"
yes "three threads give the same bits" cmp "$work/threads.1" "$work/threads.3"
prober c_apart $model gagen --no-reuse && run c_apart 2 20 1 > "$work/apart"
yes "--no-reuse gives the same bits" cmp "$work/threads.1" "$work/apart"
prober c_again $model gagen -D recompute=all && run c_again 2 20 1 > "$work/again"
yes "36. recompute = \"all\" gives the same bits, statistics move once" cmp "$work/threads.1" "$work/again"
# with dropout between two norms, whose values are rematerialised; a launch for several kernels may sum in another order
mkdir -p "$work/drop"
sed 's/^x = twice(fn.tanh(twice(x)))/x = twice(nn.Dropout(0.2)(fn.tanh(twice(x))))/' $model > "$work/drop/batch_norm.lua"
for target in c cuda; do
    for level in none all; do
        quick program ${target}_drop_$level "$work/drop/batch_norm.lua" gagen -D recompute=$level --no-share
        run ${target}_drop_$level 1 2 1 2 > "$work/${target}_drop_$level.out"
    done
    yes "36. $target, dropout and batch norm, rematerialised: losses, gradients, weights and statistics keep every bit" \
        cmp "$work/${target}_drop_none.out" "$work/${target}_drop_all.out"
done
run c_float 1 2 1 2 > "$work/float.out"
no "36. c: without dropout" cmp "$work/c_drop_none.out" "$work/float.out"
sed -n '/^static void k[0-9]*_[a-z0-9_]*_again(/,/^}/p' "$work/c_drop_all.c" > "$work/again.c"
grep -q noise_ "$work/again.c" && grep -q 'arena\.[a-z0-9_]*batch_mean' "$work/again.c"; tell $? "36. c: what is rematerialised draws its mask and uses the statistics of the micro-batch"
arena() { ./gagen -t $1 --dump=join -D recompute=$2 "$work/drop/batch_norm.lua" | awk '/^arena [0-9]/ { print $2 }'; }
for target in c cuda; do [ "$(arena $target all)" -lt "$(arena $target none)" ]; tell $? "36. $target: in an arena of $(arena $target all) numbers, and not $(arena $target none)"; done
sed 's/v8_store(&p.first_running_mean\[j\], /&R(2.0) * /' \
    "$work/c_drop_all.c" > "$work/moves.c"
! cmp -s "$work/moves.c" "$work/c_drop_all.c" && quick compile "$work/moves" "tests/probe.c $work/moves.c" gagen -DPROGRAM=batch_norm && run moves 1 2 1 2 > "$work/moves.out"
no "36. c: statistics that move twice" cmp "$work/moves.out" "$work/c_drop_none.out"

# 37: by what a micro-batch moves them: one of eight has means of 1, the last one, and the others 0
cat > "$work/moment.lua" << 'END'
local d = data.csv { "moment.csv", shuffle = false, columns = { x = "1-2", y = "y" } }
local norm, line = nn.BatchNorm { momentum = "window" }, nn.Linear(1)
train { data = d, micro_batch = 2, accumulate = 8, steps = 1, minimize = fn.mse(line(norm(d.x)), d.y), optim = optim.SGD { lr = 0.1 } }
END
mkdir -p "$work/tenth" && sed 's/momentum = "window"/momentum = 0.1/' "$work/moment.lua" > "$work/tenth/moment.lua"
awk 'BEGIN { print "x1,x2,y"; for (i = 1; i <= 16; i++) print (i > 14 ? "1,1,1" : "0,0,1") }' > "$work/moment.csv"
moves() { "$work/$1" "$work/moment.csv" - 1 1 | sed -n 's/^weight [^ ]*running_mean 2 \([^ ]*\) .*/\1/p'; }
for target in c cuda; do
    quick program ${target}_moment "$work/moment.lua" gagen_double
    near "$(moves ${target}_moment)" 0.0130837186 1e-8; tell $? "37. $target: momentum 0.1 of a window of 8 moves them by $(moves ${target}_moment)"
done
quick prober c_tenth "$work/tenth/moment.lua" gagen_double
! near "$(moves c_tenth)" 0.0130837186 1e-8; tell $? "control: 37. as given, by $(moves c_tenth)"
# Rows and sequences are images of one pixel's width; evaluation, however often, moves nothing, and is made of what was saved.
ranks=tests/models/batch_norm_ranks.lua
# tensors FILE: a checkpoint without its header, which knows how long the log was
tensors() { echo 'local s = io.open(arg[1], "rb"):read "a" io.write(s:sub(9 + string.unpack("<I8", s)))' | lua5.4 - "$1" > "$1.bytes"; }
for target in c cuda; do
    quick program ${target}_is $ranks gagen_double && "$work/${target}_is" "$rows" - 2 8 1 save="$work/ranks.safetensors" > "$work/said"
    quick program ${target}_image $ranks gagen_double -D as=image
    for as in is image; do "$work/${target}_$as" "$rows" "$work/ranks.safetensors" 2 8 1 > "$work/${target}_$as.out"; done
    yes "37. $target: [N, C] and [N, C, L] as images" compare "$work/${target}_is.out" "$work/${target}_image.out" --loss 1e-12 --gradient 1e-12 --weight 1e-12
done
quick prober c_wrong $ranks gagen_double -D as=image -D wrong=true
"$work/c_wrong" "$rows" "$work/ranks.safetensors" 2 8 1 > "$work/c_wrong.out"
no "37. other channels of a sequence" compare "$work/c_is.out" "$work/c_wrong.out" --loss 1e-12
for often in 1 7; do
    quick trainer often_$often $ranks -D validate="${often}updates"
    "$work/often_$often" --data "$rows" --save "$work/often_$often.safetensors" --log "$work/often_$often.jsonl" > "$work/said" 2>&1
    tensors "$work/often_$often.safetensors"
done
[ "$(grep -c '"split":"valid"' "$work/often_1.jsonl")" -gt "$(grep -c '"split":"valid"' "$work/often_7.jsonl")" ] &&
    cmp -s "$work/often_1.safetensors.bytes" "$work/often_7.safetensors.bytes"; tell $? "49. validated after every update or not: the same running statistics and weights"
"$work/often_1" --data "$rows" --load "$work/often_1.safetensors" --eval > "$work/eval" 2>&1
last=$(sed -n 's/.*"split":"valid".*"loss":\([0-9.e-]*\).*/\1/p' "$work/often_1.jsonl" | tail -n 1)
again=$(sed -n 's/^valid .*loss \([0-9.e-]*\).*/\1/p' "$work/eval" | tail -n 1)
near "$again" "$last" 1e-3; tell $? "evaluation by the saved statistics is that of the run: $again, $last"
"$work/often_7" --data "$rows" --steps 2 --save "$work/early.safetensors" > "$work/said" 2>&1
"$work/often_7" --data "$rows" --load "$work/early.safetensors" --eval > "$work/eval" 2>&1
again=$(sed -n 's/^valid .*loss \([0-9.e-]*\).*/\1/p' "$work/eval" | tail -n 1)
near "$again" "$last" 1e-3; [ $? -ne 0 ]; tell $? "control: evaluation by others: $again"
# Evaluation takes no sums of a micro-batch and moves nothing; with what it leaves out it finds the same.
runs() { sed -n "/void $1(.*[^;]\$/,/^}/p" "$work/$2" | grep -v '^ *if (w.training)' | grep -c 'k[0-9]*_running_'; }
generate "$work/often.cu" $ranks -t cuda --no-share
for of in c cu; do
    program=$([ $of = c ] && echo often_7.c || echo often.cu)
    [ "$(runs forward "$program")" -eq 0 ]; tell $? "$of: evaluation runs no kernel of a running statistic"
    [ "$(runs micro "$program")" -gt 0 ] || grep -q '^ *if (\(w\.\)\?training) \(GG_RUN(\)\?k[0-9]*_running_' "$work/$program"; tell $? "control: $of: a micro-step does"
    sums=$(grep -c 'void k[0-9]*_batch_\(mean\|var\)[0-9]*(' "$work/$program")
    [ "$sums" -gt 0 ] && [ "$(grep '^ *if (training)\|&& training; ' "$work/$program" | grep -vc GG_RUN)" -eq "$sums" ]; tell $? "$of: $sums sums for statistics, all in training alone"
done
sed 's/^ *if (training)//' "$work/often_7.c" > "$work/summed.c" && ! cmp -s "$work/often_7.c" "$work/summed.c" && quick compile "$work/summed" "$work/summed.c" gagen
sed 's/(training ? /(1 ? /' "$work/summed.c" > "$work/training.c" && quick compile "$work/training" "$work/training.c" gagen
for p in often_7 summed training; do
    "$work/$p" --data "$rows" --load "$work/often_1.safetensors" --eval 2>&1 | grep '^valid' | sed 's/ in [0-9.]* ms.*//' > "$work/$p.eval"
done
[ -s "$work/summed.eval" ]; tell $? "evaluation: $(cat "$work/summed.eval")"
yes "without these sums it is the same" cmp "$work/often_7.eval" "$work/summed.eval"
no "statistics of the micro-batches are others" cmp "$work/often_7.eval" "$work/training.eval"

"$work/often_7" --data "$rows" --steps 5 --save "$work/part.safetensors" > "$work/said" 2>&1
tensors "$work/part.safetensors" && cmp -s "$work/part.safetensors.bytes" "$work/often_7.safetensors.bytes"; [ $? -eq 1 ]; tell $? "control: 50. those of 5 updates are others"
"$work/often_7" --data "$rows" --save "$work/part.safetensors" --resume > "$work/said" 2>&1
tensors "$work/part.safetensors" && cmp -s "$work/part.safetensors.bytes" "$work/often_7.safetensors.bytes"; tell $? "50. stopped after 5 of 8 updates and resumed: the same statistics"

# ---- one value a row: PyTorch raises "Expected more than 1 value per channel when training" -------------------------------
lua5.4 -e 'for i = 1, 19 do print(("%g,%g,%g,%g"):format(i % 5, i % 3, i % 7, i % 4)) end' > "$work/lone.csv"
lone=tests/models/batch_norm_lone.lua
# warned PROGRAM OPTION...: its last micro-batch of one row is told
warned() { "$work/$1" --data "$work" $(shift; echo "$@") > "$work/out" 2> "$work/told" || return; grep -q "warning: the last micro-batch of .* has 1 row, .* net.1 " "$work/told"; }
quick trainer lone $lone && quick trainer lone_even $lone -D batch=4 -D micro_batch=4 && quick trainer lone_drop $lone -D tail=drop &&
    quick trainer lone_carry $lone -D tail=carry && quick trainer lone_frozen $lone -D freeze=true && cuda_trainer cuda_lone $lone
yes "19 rows in micro-batches of 3: a row alone is told" warned lone
yes "and in CUDA" warned cuda_lone
yes "tail = carry: 4 epochs of 19 rows leave a row alone" warned lone_carry --epochs 4
no "3 epochs of them do not" warned lone_carry --epochs 3
for program in lone_even lone_drop lone_frozen; do no "$program: no row is alone" warned $program; done
./gagen -D micro_batch=1 -D batch=6 $lone > "$work/out" 2> "$work/told"
grep -q "batch_norm_lone.lua:3: error: nn.BatchNorm: its channels have one value a row" "$work/told"; tell $? "micro_batch = 1 is an error"
./gagen -D micro_batch=1 -D batch=6 -D freeze=true $lone > "$work/out" 2> "$work/told"; tell $? "but not where the layer is frozen"
finish

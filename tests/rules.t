#!/bin/sh
# rules.t -- what rules make of parameters: groups beside PyTorch's in both targets, what is frozen, what files give.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
lua5.4 tests/rules_model.lua "$work"

# updates PROBE THREADS [ARGUMENT...]: six of them, what the probe prints; files are found from there
updates() { (cd "$work" && p=$1 t=$2 && shift 2 && "./$p" rows.csv - "$t" 6 "$@"); }

for name in adamw sgd in_place adama adama_w ema lamb lamb_all ramp ramp_late; do
    prober "$name" "$work/$name.lua" gagen_double || continue
    updates "$name" 1 > "$work/$name.got"
    yes "$name: six losses and all weights are PyTorch's to 1e-12" \
        compare "$work/$name.got" "$work/$name.txt" --loss 1e-12 --weight 1e-12
    cuda_prober "cuda_$name" "$work/$name.lua" gagen_double || continue
    updates "cuda_$name" 1 > "$work/cuda_$name.got"
    yes "$name in CUDA: the same" compare "$work/cuda_$name.got" "$work/$name.txt" --loss 1e-12 --weight 1e-12
done
for bug in 's/weight_decay = 0 }/weight_decay = 0.01 }/' 's/lr = optim.cosine/lr = optim.linear/' 's/freeze = true/freeze = false/'; do
    mkdir -p "$work/bug" && cp -r "$work/parts" "$work/bug/"
    sed "$bug" "$work/adamw.lua" > "$work/bug/adamw.lua"
    quick prober off "$work/bug/adamw.lua" gagen_double && updates off 1 > "$work/off.got"
    no "$bug" compare "$work/off.got" "$work/adamw.txt" --loss 1e-12 --weight 1e-12
done
for name in ramp ramp_late; do
    mkdir -p "$work/bug" && sed 's/over = 4 }/over = 5 }/' "$work/$name.lua" > "$work/bug/$name.lua"
    quick prober off "$work/bug/$name.lua" gagen_double && updates off 1 > "$work/off.got"
    no "$name over five updates" compare "$work/off.got" "$work/$name.txt" --loss 1e-12 --weight 1e-12
done

mkdir -p "$work/bug" && sed 's/adapt = false, //' "$work/lamb.lua" > "$work/bug/lamb.lua"
quick prober off "$work/bug/lamb.lua" gagen_double && updates off 1 > "$work/off.got"
no "biases that adapt" compare "$work/off.got" "$work/lamb.txt" --loss 1e-12 --weight 1e-12

# ---- averages ------------------------------------------------------------------------------------------------------
# averaged GOT: what evaluation finds with the averages is what PyTorch finds
averaged() { near "$(sed -n 's/^average //p' "$1")" "$(sed -n 's/^average //p' "$work/ema.txt")" 1e-12; }
for target in c cuda; do
    name=ema; [ $target = c ] || name=cuda_ema
    yes "29. $target: after six updates, one a window of two micro-steps, evaluation uses the averages" averaged "$work/$name.got"
done
sed 's/(now - ema)/(x - ema)/' "$work/ema.c" > "$work/off.c" && quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=ema
updates off 1 > "$work/off.got"
no "29. averages of the weights before the update" averaged "$work/off.got"
prober masked "$work/masked.lua" gagen_double && cuda_prober cuda_masked "$work/masked.lua" gagen_double
# still PROBE UPDATES: the weights and their averages are those of the file
still() {
    (cd "$work" && "./$1" rows.csv - 1 "$2") | sed -n 's/^ema /weight /p; /^weight/p' | awk '!($2 in seen) { seen[$2] = $0; next } seen[$2] != $0 { exit 1 }' &&
        (cd "$work" && "./$1" rows.csv - 1 "$2") | grep '^ema' > "$work/$1.$2" && (cd "$work" && "./$1" rows.csv - 1 0) | grep '^ema' | cmp -s - "$work/$1.$2"
}
for target in c cuda; do
    name=masked; [ $target = c ] || name=cuda_masked
    yes "7. $target: windows of which nothing counts move no average" still $name 3
done
no "7. windows that count do" still ema 3

(echo g,m; for k in 1 2 3 4 5 6 7 8; do echo 1,1; done) > "$work/ones.csv"
sed 's/steps = 1,/steps = 1, ema = 0.99,/' tests/models/window_sum.lua > "$work/window_sum.lua"
# factor PROBE: what is left of a first weight in its average after a window of 8 micro-batches, whose gradient is 8
factor() {
    (cd "$work" && for n in 0 1; do "./$1" ones.csv - 1 $n; done) | awk '$1 == "weight" { w = first ? $4 : w; if (!first) first = $4 } $1 == "ema" { ema = $4 } END { printf "%.9f", (ema - w) / (first - w) }'
}
prober eight "$work/window_sum.lua" gagen_double -D batch=8 && cuda_prober cuda_eight "$work/window_sum.lua" gagen_double -D batch=8
for target in c cuda; do
    name=eight; [ $target = c ] || name=cuda_eight
    [ "$(factor $name)" = 0.990000000 ]; tell $? "29. $target: decay 0.99, 8 micro-batches: one step of the average a window, $(factor $name)"
done
sed 's/const vec ema = /vec ema = /; s/v_store(&ema_at\[i\], ema + \(.*\));/for (int k = 0; k < 8; k++) ema = ema + \1; v_store(\&ema_at[i], ema);/' "$work/eight.c" > "$work/off.c"
quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=window_sum
near "$(factor off)" 0.922745 1e-6 && [ "$(factor off)" != 0.990000000 ]; tell $? "control: 29. one a micro-batch: $(factor off)"

mkdir -p "$work/bigger/parts" && sed 's/nn.Linear(size)/nn.Linear(1000)/' "$work/parts/trunk.lua" > "$work/bigger/parts/trunk.lua"
sed 's/    { trunk, load.*//; s/    { head, load.*//; s/{ trunk\[4\], freeze = false },//' "$work/lamb.lua" > "$work/bigger/lamb.lua"
prober big "$work/bigger/lamb.lua" gagen_double && cuda_prober cuda_big "$work/bigger/lamb.lua" gagen_double
updates big 2 > "$work/big.got" && updates cuda_big 1 > "$work/cuda_big.got"
yes "lamb: tensors of several pieces, in C and in CUDA" compare "$work/big.got" "$work/cuda_big.got" --loss 1e-12 --weight 1e-12
sed -i 's/b < piece_at\[k + 1\]/b < piece_at[k] + 1/' "$work/big.c" && compile "$work/big" "tests/probe.c $work/big.c" gagen_double -DPROGRAM=lamb
updates big 2 > "$work/off.got"
no "the first piece alone" compare "$work/off.got" "$work/cuda_big.got" --loss 1e-12 --weight 1e-12

for name in adamw lamb; do
    updates $name 3 > "$work/$name.3"
    yes "$name: three threads give the bits of one" cmp "$work/$name.got" "$work/$name.3"
done
for target in adamw cuda_adamw ema cuda_ema in_place cuda_in_place adama_w cuda_adama_w; do
    (cd "$work" && "./$target" rows.csv - 1 3 save=half.safetensors > /dev/null && "./$target" rows.csv resume=half.safetensors 1 3) > "$work/resumed"
    grep -hv ^loss "$work/$target.got" > "$work/whole"
    grep -v ^loss "$work/resumed" > "$work/halves"
    yes "$target: three updates, a checkpoint, three more: the same bits" cmp "$work/whole" "$work/halves"
done
yes "a layer that another file made names that file" grep -q 'trunk.0 .* trunk.lua:2$' "$work/adamw.c"
yes "nothing of a frozen layer's backward is in the text" grep -qc 'g.trunk_3.weight' "$work/adamw.c"
no "nor is a gradient of it" grep -q 'g\.trunk_0' "$work/adamw.c"
no "nor a draw of its dropout" grep -qi 'noise\|philox' "$work/adamw.c"

# ---- momentum that gradients are added to --------------------------------------------------------------------------
sed 's/, accumulate_in = "momentum"//; s/steps = 6/steps = 200/' "$work/in_place.lua" > "$work/buffered.lua"
mkdir -p "$work/long/parts" && cp "$work/parts/trunk.lua" "$work/long/parts/" && sed 's/steps = 6/steps = 200/' "$work/in_place.lua" > "$work/long/in_place.lua"
prober buffered "$work/buffered.lua" gagen && prober in_float "$work/long/in_place.lua" gagen
for name in buffered in_float; do (cd "$work" && "./$name" rows.csv - 2 200) > "$work/$name.got"; done
yes "30. after 200 updates in float: momentum in place and gradients beside it" compare "$work/in_float.got" "$work/buffered.got" --weight 1e-6
yes "30. CUDA: six updates in double are PyTorch's" compare "$work/cuda_in_place.got" "$work/in_place.txt" --loss 1e-12 --weight 1e-12
state() { ./gagen plan "$1" | sed -n 's/^ *parameters, gradients, states *\([0-9 ]*[0-9]\)  .*/\1/p' | tr -d ' '; }
trained=$(sed -n 's/.*sizeof(Trained) == \([0-9]*\) .*/\1/p' "$work/in_place.c")
yes "30. it takes 4 bytes less for each of $trained numbers" test "$(($(state "$work/buffered.lua") - $(state "$work/in_place.lua")))" -eq $((4 * trained))
sed 's/new_ahead = R(0.9) \* d/new_ahead = d/' "$work/in_place.c" > "$work/off.c" && quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=in_place
updates off 1 > "$work/off.got"
no "30. momentum 1" compare "$work/off.got" "$work/in_place.txt" --loss 1e-12 --weight 1e-12

# ---- moments that each micro-batch's gradient goes into: AdamA --------------------------------------------------------
# The first steps of 8 equal micro-batches and of Adam: 3 weights' quotients, all within 1e-5 of sqrt(8)
(echo a,b,c,y; for k in 1 2 3 4 5 6 7 8; do echo 0.5,-1,2,1; echo -0.25,0.5,1,-1; done) > "$work/equal.csv"
cat > "$work/equal.lua" << 'END'
local d = data.csv { "equal.csv", shuffle = false, columns = { x = "1-3", y = "y" } }
local net = nn.Linear(1, { bias = false })
train { data = d, micro_batch = option("micro_batch", 2), batch = 16, steps = 1, minimize = fn.mse(net(d.x), d.y),
  optim = optim.Adam { lr = 0.01, eps = 1e-30, accumulate_in = option("how", "moments") } }
END
step_of() { for n in 0 1; do (cd "$work" && "./$1" equal.csv - 1 $n); done | awk '$1 == "weight" { for (i = 4; i <= NF; i++) { if (seen) print $i - w[i]; w[i] = $i } seen = 1 }' > "$work/$1.step"; }
# longer PROBE: its step is sqrt(8) times that of Adam
longer() {
    step_of "$1"
    paste "$work/$1.step" "$work/equal_adam.step" | awk '{ n++; d = $1 / $2 / sqrt(8) - 1; if (d > 1e-5 || d < -1e-5) bad = 1 } END { exit !(n == 3 && !bad) }'
}
prober equal_adam "$work/equal.lua" gagen_double -D how=gradient && step_of equal_adam
prober equal_c "$work/equal.lua" gagen_double && cuda_prober equal_cuda "$work/equal.lua" gagen_double
yes "31. C, 8 equal micro-batches: the first step is sqrt(8) times Adam's" longer equal_c
yes "31. CUDA: the same" longer equal_cuda
no "31. Adam itself" longer equal_adam
prober equal_one "$work/equal.lua" gagen_double -D micro_batch=16 && step_of equal_one
yes "31. one micro-batch to a window: Adam, bit for bit" cmp "$work/equal_one.step" "$work/equal_adam.step"
tr -s '\n ' '  ' < "$work/equal_c.c" | grep -q " a micro-step .*, Adam that accumulates in its moments (AdamA), not equivalent to Adam "
tell $? "31. the header says that it is another optimizer"
sed 's/R(0\.9[0-9]*) \* \(old_m\))/\1)/' "$work/adama.c" > "$work/off.c" && quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=adama
updates off 1 > "$work/off.got"
no "31. m that does not decay" compare "$work/off.got" "$work/adama.txt" --loss 1e-12 --weight 1e-12
mkdir -p "$work/rows" && lua5.4 tests/nets_data.lua "$work/rows"
sed 's/micro_batch = 8, accumulate = 4, steps = 50/batch = 32, micro_batch = option("micro_batch", 8), steps = 4/
    s/optim.SGD.*/optim.AdamW { lr = 0.01, accumulate_in = option("how", "moments") },/' tests/models/net_conv.lua > "$work/net_conv.lua"
net() { "$work/$1" "$work/rows" "$work/rows/conv.safetensors" "$2" 4 > "$work/$1.$2"; }
prober conv "$work/net_conv.lua" gagen_double && net conv 1 && net conv 3
yes "31. a convolutional net: three threads give the bits of one" cmp "$work/conv.1" "$work/conv.3"
cuda_prober cuda_conv "$work/net_conv.lua" gagen_double && net cuda_conv 1
yes "31. CUDA: four updates as in C" compare "$work/cuda_conv.1" "$work/conv.1" --loss 1e-12 --weight 1e-12
for how in moments gradient; do prober conv_$how "$work/net_conv.lua" gagen_double -D micro_batch=32 -D how=$how && net conv_$how 2; done
yes "31. one micro-batch to a window: AdamW's bits" cmp "$work/conv_moments.2" "$work/conv_gradient.2"
no "31. four are another optimizer" compare "$work/conv.1" "$work/conv_gradient.2" --weight 1e-3
sed 's/, accumulate_in = "moments"//' "$work/adama.lua" > "$work/whole.lua"
yes "31. its arrays take 4 bytes less for each number" test "$(($(state "$work/whole.lua") - $(state "$work/adama.lua")))" -eq $((4 * trained))

# ---- rows that no window looks up ------------------------------------------------------------------------------------
printf 'id,y\n0,1\n1,0.5\n2,0.25\n2,1\n' > "$work/ids.csv"
cat > "$work/lazy.lua" << 'END'
local d = data.csv { "ids.csv", shuffle = false, columns = { id = { "1", classes = 5 }, y = "2" } }
local table = nn.Embedding(5, 4)
train { data = d, batch = 4, micro_batch = 2, steps = 3, minimize = fn.mse(fn.sum(table(d.id), { axis = 2 }), d.y),
  optim = optim.AdamW { lr = 0.1, weight_decay = 0.1 } }
END
sed 's/weight_decay = 0.1/weight_decay = 0/' "$work/lazy.lua" > "$work/still.lua"
# decayed PROBE FROM TO RATE: after three updates these elements are the first ones, times fp32's RATE in fp32 three times, bit for bit
decayed() {
    (cd "$work" && for n in 0 3; do "./$1" ids.csv - 1 $n | sed -n 's/^weight [^ ]* [0-9]* //p'; done) > "$work/rows.got"
    lua5.4 - "$@" "$work/rows" << 'END' && cmp "$work/rows.three" "$work/rows.want"
local function float(x) return (string.unpack("f", string.pack("f", x))) end
local three, want = {}, {}
for line in io.lines(arg[5] .. ".got") do
  local n, first = 0, #want == 0
  for x in line:gmatch "%S+" do
    if n >= tonumber(arg[2]) and n <= tonumber(arg[3]) then
      if not first then three[#three + 1] = string.pack("f", x) else
        for _ = 1, 3 do x = float(x * float(arg[4])) end
        want[#want + 1] = string.pack("f", x)
      end
    end
    n = n + 1
  end
end
assert(#want > 0 and #three == #want)
for name, rows in pairs { three = three, want = want } do assert(io.open(arg[5] .. "." .. name, "wb")):write(table.concat(rows)):close() end
END
}
for target in c cuda; do
    make=prober; [ $target = c ] || make=cuda_prober
    for name in lazy still; do $make ${target}_$name "$work/$name.lua" gagen; done
    yes "32. $target: rows without a gradient decay, and do nothing else, bit for bit" decayed ${target}_lazy 12 19 0.99
    yes "32. $target: and keep every bit where nothing decays" decayed ${target}_still 12 19 1
    no "32. $target: rows with a gradient" decayed ${target}_lazy 0 3 0.99
    no "32. $target: decay twice" decayed ${target}_lazy 12 19 0.9801
done

# ---- the effective batch -----------------------------------------------------------------------------------------------
# batch SCALE: the program's text with a batch of 8 x 8
batch() {
    sed "s/batch = 8, micro_batch = 4/batch = 64, micro_batch = 8/; s/weight_decay = 0.1 }/weight_decay = 0.1$1 }/" "$work/adamw.lua" > "$work/batch.lua"
    ./gagen -t c "$work/batch.lua" > "$work/batch.c"
}
batch ', scale = { "linear", from = 8, beta2 = "half_life" }'
yes "34. eight times the batch: linear is 8, in the header" grep -q '0.01 times 8, the linear rule for batch 64 from 8, beta2 0.9920279' "$work/batch.c"
yes "34. and in the rate" grep -q 'return 0.08;' "$work/batch.c"
yes "34. and a rule's own rate" grep -q '(real)(8.0 \* (t <= 2.0' "$work/batch.c"
yes "34. beta2 to the 8th" grep -q 'pow(0.99202794' "$work/batch.c"
batch ', scale = { "sqrt", from = 8 }'
yes "34. sqrt is 2.828427" grep -q '0.01 times 2.828427, the sqrt rule' "$work/batch.c"
no "34. beta2 stays" grep -q 'pow(0.992' "$work/batch.c"
batch ', betas = { 0.9, optim.half_life "6400 samples" }'
body() { sed '1,/^\*\//d; /at update t of T/d; s/fingerprint = [0-9a-fx]*//' "$work/batch.c"; }
body > "$work/half"
yes "34. beta2 that forgets half in 6,400 samples, in the header" grep -q 'beta2 0.9930925, a half-life of 6400 samples in windows of 64' "$work/batch.c"
batch ', betas = { 0.9, 0.9930924954370359 }'
body > "$work/told"
yes "34. is 2^(-64 / 6400)" cmp "$work/half" "$work/told"
batch ', betas = { 0.9, optim.half_life "100 updates" }'
body > "$work/told"
yes "34. and a half-life of 100 updates" cmp "$work/half" "$work/told"
batch ', betas = { 0.9, optim.half_life "19200 updates" }'
sed -i 's/batch = 64,/batch = 64, tokens = 3,/; s/19200 updates/19200 tokens/' "$work/batch.lua" && ./gagen -t cuda "$work/batch.lua" > "$work/batch.cu"
yes "34. and, in CUDA, of 19,200 tokens of rows of 3" grep -q 'beta2 0.9930925, a half-life of 19200 tokens' "$work/batch.cu"
batch ', betas = { 0.9, optim.half_life "6401 samples" }'
body > "$work/told"
no "34. one sample more" cmp "$work/half" "$work/told"
batch ''
no "34. nothing is scaled unless told" grep -q 'rule for batch' "$work/batch.c"

# ---- files -----------------------------------------------------------------------------------------------------------
trainer run "$work/adamw.lua" || finish
run() { (cd "$work" && "./$@" > out 2> err); }
refused() { run run "$@"; [ $? -eq 1 ]; }
yes "six updates, saved" run run --steps 6 --save all.safetensors
no "a frozen tensor has no state in the file" grep -qa 'optimizer.m.trunk.0.weight' "$work/all.safetensors"
yes "its neighbour has" grep -qa 'optimizer.m.trunk.3.weight' "$work/all.safetensors"
mv "$work/start.safetensors" "$work/gone.safetensors"
yes "a file that a rule loads is missing: exit 1" refused
yes "and is named" grep -q 'start.safetensors: no such file: a rule of the model loads trunk.3.weight' "$work/err"
yes "what --load gives needs it no more" run run --load all.safetensors --steps 1
sed 's/backbone.3.bias/backbone.3.baaa/' "$work/gone.safetensors" > "$work/start.safetensors"
yes "a missing key: exit 1" refused
yes "and is named" grep -q 'start.safetensors: it lacks backbone.3.bias' "$work/err"
sed 's/"shape":\[9,6\]/"shape":[6,9]/' "$work/gone.safetensors" > "$work/start.safetensors"
yes "another shape: exit 1" refused
yes "with both" grep -q 'backbone.0.weight is \[6, 9\], the model says \[9, 6\]' "$work/err"
mv "$work/gone.safetensors" "$work/start.safetensors"

# ---- averages in files ---------------------------------------------------------------------------------------------------
sed 's/shuffle = false/shuffle = false, valid = 8/' "$work/ema.lua" > "$work/averages.lua"
said() { sed -n "s/.*\"split\":\"$1\".*\"loss\":\([-+.e0-9]*\).*/\1/p" "$2" | tail -n 1; }
# same LOG LOG: both validate alike, to the last bit
same() { [ -n "$(said valid "$1")" ] && [ "$(said valid "$1")" = "$(said valid "$2")" ]; }
for kind in trainer cuda_trainer; do
    $kind averages_$kind "$work/averages.lua" || continue
    (cd "$work" && rm -f ./*.jsonl && ./averages_$kind --save a.safetensors --log a.jsonl > /dev/null && ./averages_$kind --eval --load a.safetensors --log b.jsonl > /dev/null)
    yes "$kind: --eval --load validates as the run did, with the averages in the file" same "$work/a.jsonl" "$work/b.jsonl"
    (cd "$work" && sed 's/ema\./emb./g' a.safetensors > c.safetensors && ./averages_$kind --eval --load c.safetensors --log c.jsonl > /dev/null)
    no "$kind: a file without averages" same "$work/a.jsonl" "$work/c.jsonl"
done
finish

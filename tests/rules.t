#!/bin/sh
# rules.t -- what rules make of parameters: groups beside PyTorch's in both targets, what is frozen, what files give.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
OPTIMIZE=-O0
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
lua5.4 tests/rules_model.lua "$work"

# updates PROBE THREADS [ARGUMENT...]: six of them, what the probe prints; files are found from there
updates() { (cd "$work" && p=$1 t=$2 && shift 2 && "./$p" rows.csv - "$t" 6 "$@"); }

for name in adamw sgd lamb lamb_all ramp ramp_late; do
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
    prober off "$work/bug/adamw.lua" gagen_double && updates off 1 > "$work/off.got"
    no "$bug" compare "$work/off.got" "$work/adamw.txt" --loss 1e-12 --weight 1e-12
done
for name in ramp ramp_late; do
    mkdir -p "$work/bug" && sed 's/over = 4 }/over = 5 }/' "$work/$name.lua" > "$work/bug/$name.lua"
    prober off "$work/bug/$name.lua" gagen_double && updates off 1 > "$work/off.got"
    no "$name over five updates" compare "$work/off.got" "$work/$name.txt" --loss 1e-12 --weight 1e-12
done

mkdir -p "$work/bug" && sed 's/adapt = false, //' "$work/lamb.lua" > "$work/bug/lamb.lua"
prober off "$work/bug/lamb.lua" gagen_double && updates off 1 > "$work/off.got"
no "biases that adapt" compare "$work/off.got" "$work/lamb.txt" --loss 1e-12 --weight 1e-12

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
for target in adamw cuda_adamw; do
    (cd "$work" && "./$target" rows.csv - 1 3 save=half.safetensors > /dev/null && "./$target" rows.csv resume=half.safetensors 1 3) > "$work/resumed"
    grep -h ^weight "$work/$target.got" > "$work/whole"
    grep ^weight "$work/resumed" > "$work/halves"
    yes "$target: three updates, a checkpoint, three more: the same bits" cmp "$work/whole" "$work/halves"
done
yes "a layer that another file made names that file" grep -q 'trunk.0 .* trunk.lua:2$' "$work/adamw.c"
yes "nothing of a frozen layer's backward is in the text" grep -qc 'g.trunk_3.weight' "$work/adamw.c"
no "nor is a gradient of it" grep -q 'g\.trunk_0' "$work/adamw.c"
no "nor a draw of its dropout" grep -qi 'noise\|philox' "$work/adamw.c"

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
finish

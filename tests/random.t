#!/bin/sh
# random.t -- random nets (tests/random/recipe.lua) compute in several ways what they compute in C, in double, not optimized: their trees
# in the interpreter, at -O3 with gcc and clang, in CUDA under the emulator, by PyTorch where python3 (or PYTHON) has it; and relus of
# parts of images compute at -O3 what they compute at -O1. NETS=100 takes more nets. long/random.t has others and the U-Net.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/optimized.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
probe_objects
export WORK="$work"

relay "found: " lua5.4 tests/random/check.lua found
relay "" lua5.4 tests/random/check.lua 1 "${NETS:-16}"

# A fault that is planted is found, and the net that is printed has what it takes and no more.
net="rows 30; micro 5; accumulate 4; updates 3; tail step; optim AdamW lr=0.01 eps=0.001 weight_decay=0.05; loss_scale 64; 1 input 0 24;
2 linear 1 16 1; 3 reshape 2 4 4; 5 slice 3 2 2 3 1; 6 global 5; 7 prelu 6 2; 8 slice 7 1 4 4 2; 9 softmax 8 1; 10 add 9 8; loss 1 plain 10 0.5; loss 2 ratio 8 1"
smaller() {
    lua5.4 tests/random/check.lua "$1" "$(echo "$net" | tr '\n' ' ')" > "$work/planted.said"
    grep -q '^not ok' "$work/planted.said"; tell $? "control: $2: $(sed -n "s/^# $1: //p" "$work/planted.said")"
    sed -n "s/^# lua5.4.*$1 \"\(.*\)\"$/\1/p" "$work/planted.said" | tr ';' '\n' | grep '^ *[0-9]' > "$work/planted.steps"
    [ -s "$work/planted.steps" ] && [ "$(wc -l < "$work/planted.steps")" -le 3 ] && grep -q "$3" "$work/planted.steps"
    tell $? "and of 9 steps two or less are left:$(tr '\n' ';' < "$work/planted.steps")"
}
PLANT='s/> 0 ? \([a-z][a-z0-9]*\) : [a-z][a-z0-9]* \* \1/> 0 ? \1 : \1/g' OPTIMIZE=-O0 smaller gcc-double "a prelu without its slope in C" prelu
BREAK=stride smaller trees "a wrong stride in a tree" input

data=hashed=16
plain gates tests/models/gates.lua
for march in $levels; do optimized "gates" gates gagen "$march"; done
case $levels in *v4*) ;; *) echo "ok $((facts += 1)) - x86-64-v4 # skip the processor has no AVX-512" ;; esac
sed 's/in ? \(x[0-9]*\) : 0/in ? 0 : \1/' "$work/gates.c" > "$work/planted.c" && built planted planted "$(echo $compilers | cut -d' ' -f1)" native gagen
[ -s "$work/planted.out" ] && no "what a concat does not read there" compare "$work/planted.out" "$work/gates.want" $(bounds gagen)
finish

#!/bin/sh
# random.t -- random nets (tests/random/recipe.lua) compute in several ways what they compute in C, in double, not optimized: at -O3 with
# gcc and clang, in CUDA under the emulator, by PyTorch where there is one; and relus of parts of images compute at -O3 what they compute
# at -O1. long/random.t has more nets and the U-Net.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/optimized.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
[ -f build/tests/probe_gagen_double.o ] || probe_objects

relay "" env WORK="$work" lua5.4 tests/random/check.lua 1 "${NETS:-25}"

# A fault that is planted is found, and the net that is printed has what it takes and no more.
PLANT='s/> R(0.0) ? \([a-z][a-z0-9]*\) : [a-z][a-z0-9]* \* \1)/> R(0.0) ? \1 : \1)/g' OPTIMIZE=-O0 WORK=$work lua5.4 tests/random/check.lua gcc-double seed=35 > "$work/planted.said"
grep -q '^not ok' "$work/planted.said"; tell $? "control: a prelu without its slope"
sed -n 's/^# lua5.4.*gcc-double "\(.*\)"$/\1/p' "$work/planted.said" | tr ';' '\n' > "$work/planted.recipe"
[ "$(grep -c '^ *[0-9]' "$work/planted.recipe")" -le 3 ] && grep -q prelu "$work/planted.recipe"
tell $? "and of its net of 12 steps, 2 are left or less:$(grep '^ *[0-9]' "$work/planted.recipe" | tr '\n' ';')"

data=hashed=16
plain gates tests/models/gates.lua
for march in $levels; do optimized "gates" gates gagen "$march"; done
case $levels in *v4*) ;; *) echo "ok $((facts += 1)) - x86-64-v4 # skip the processor has no AVX-512" ;; esac
sed 's/(in ? \(a[0-9]*\) : R(0.0))/(in ? R(0.0) : \1)/' "$work/gates.c" > "$work/planted.c" && built planted planted "$(echo $compilers | cut -d' ' -f1)" native gagen
[ -s "$work/planted.out" ] && no "what a concat does not read there" compare "$work/planted.out" "$work/gates.want" $(bounds gagen)
finish

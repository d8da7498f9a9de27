#!/bin/sh
# random.t -- 80 random nets in several ways (tests/random.t says which), NETS=1000 for more, FIRST=5000 for others; and the U-Net,
# compiled as users compile it, computes at -O3 what it computes at -O1: losses and gradients, gcc and clang, in float.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
work=build/tests/long_random
mkdir -p "$work"
. tests/optimized.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
probe_objects

export WORK="$work"
relay "" lua5.4 tests/random/check.lua "${FIRST:-101}" "${NETS:-80}"
data=hashed=200,mask%5        # among 16 of 165 rows one maximum of a pool falls elsewhere in float, at -O1 as well
plain unet examples/unet.lua
optimized "the U-Net" unet gagen $levels
case $levels in *v4*) ;; *) echo "ok $((facts += 1)) - x86-64-v4 # skip the processor has no AVX-512" ;; esac
cc=$(echo $compilers | cut -d' ' -f1)
no "the first gradient times 1.001" compare "$work/unet_${cc}_native_gagen.out" "$work/unet.want" $(bounds gagen) --scale 1.001
finish

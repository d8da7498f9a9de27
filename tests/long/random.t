#!/bin/sh
# random.t -- 200 random nets (tests/random.lua) and the U-Net, compiled as users compile them, compute at -O3 what they compute at -O1:
# losses and gradients, gcc and clang, in float; in double every second program of ten nets. Programs take -march=native and x86-64-v3
# in turn; ALL=1 takes both for each.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
work=build/tests/long_random
mkdir -p "$work"
. tests/optimized.sh

turn() { if [ -n "$ALL" ]; then echo "$levels"; else echo "$levels" | cut -d' ' -f$((first / 10 % $(echo "$levels" | wc -w) + 1)); fi; }

data=hashed=16 first=1
while [ $first -le 200 ]; do
    what="nets $first to $((first + 9))"
    plain nets tests/random.lua -D first=$first -D nets=10
    optimized "$what" nets gagen $(turn)
    level=$(turn | sed 's/.* //')
    [ $((first / 10 % 2)) -eq 1 ] || optimized "$what" nets gagen_double x86-64-v3
    first=$((first + 10))
done
cc=$(echo $compilers | cut -d' ' -f1)
no "the first gradient times 1.001" compare "$work/nets_${cc}_${level}_gagen.out" "$work/nets.want" $(bounds gagen) --scale 1.001
data=hashed=200,mask%5        # among 16 of 165 rows one maximum of a pool falls elsewhere in float, at -O1 as well
plain unet examples/unet.lua
optimized "the U-Net" unet gagen $levels
case $levels in *v4*) ;; *) echo "ok $((facts += 1)) - x86-64-v4 # skip the processor has no AVX-512" ;; esac
finish

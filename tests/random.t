#!/bin/sh
# random.t -- programs as users compile them, gcc and clang at -O3: five random nets and relus of parts of images compute what they
# compute at -O1. long/random.t has 200 nets and the U-Net.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/optimized.sh

data=hashed=16
plain nets tests/random.lua -D first=1 -D nets=5
optimized "nets 1 to 5" nets gagen native
optimized "nets 1 to 5" nets gagen_double x86-64-v3
cc=$(echo $compilers | cut -d' ' -f1)
no "the first gradient times 1 + 1e-9" compare "$work/nets_${cc}_x86-64-v3_gagen_double.out" "$work/nets.want" $(bounds gagen_double) --scale 1.000000001
no "the first gradient times 1.001" compare "$work/nets_${cc}_native_gagen.out" "$work/nets.want" $(bounds gagen) --scale 1.001
plain gates tests/models/gates.lua
for march in $levels; do optimized "gates" gates gagen "$march"; done
case $levels in *v4*) ;; *) echo "ok $((facts += 1)) - x86-64-v4 # skip the processor has no AVX-512" ;; esac
sed 's/(in ? \(a[0-9]*\) : R(0.0))/(in ? R(0.0) : \1)/' "$work/gates.c" > "$work/planted.c" && built planted planted "$cc" native gagen
[ -s "$work/planted.out" ] && no "what a concat does not read there" compare "$work/planted.out" "$work/gates.want" $(bounds gagen)
finish

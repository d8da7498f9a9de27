#!/bin/sh
# run.sh -- each kind of mutants for its share of MINUTES, 10 unless told, from FUZZ_SEED or a seed of now; what fails is kept in
# build/fuzz/found, made smaller, and named with its seed.
cd "$(dirname "$0")/../.." || exit 1
. tests/fuzz/build.sh
seed=${FUZZ_SEED:-$(date +%s)} bad=0
fuzz_gagen && fuzz_runtime || exit 1
for share in models:5 readers:2 checkpoints:2 logs:1; do
    echo "fuzz: ${share%:*}, FUZZ_SEED=$seed"
    lua5.4 tests/fuzz/fuzz.lua "${share%:*}" "$seed" 0 $((${MINUTES:-10} * 6 * ${share#*:})) || bad=1
done
exit $bad

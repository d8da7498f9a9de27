#!/bin/sh
# folds.t -- C folds rows in lanes: what tests/models/folds.lua computes is what CUDA's code computes, at lengths that fill vectors and
# at those that do not, with the same bits on any number of threads, and no row calls a function for each element.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/pair.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/folds.lua
limits="--gradient 1e-12 --tensor 1e-10 --loss 1e-13"
one=double other=device updates="2 1 2"

cuda_prober device $model gagen_double && OPTIMIZE=-O1 prober double $model gagen_double && OPTIMIZE=-O1 compile "$work/float" \
    "tests/probe.c $work/double.c" gagen -DPROGRAM=folds || finish
ask device 1 && ask double 2
agree "folds in lanes are those of CUDA, in double" double device
ask float 1 && cp "$work/float.got" "$work/one"
yes "in float they are near" compare "$work/float.got" "$work/double.got" --gradient 1e-5 --loss 1e-6
for threads in 2 3; do
    ask float $threads
    yes "on $threads threads the same bits as on 1" cmp "$work/float.got" "$work/one"
done
# shellcheck disable=SC2016
grep -q 'r_exp(\|r_max(\|r_min(' "$work/double.c"; [ $? -eq 1 ]; tell $? "no element of a row is computed by itself"

broken "a sum that has lanes after the end of the axis" '/lane_sum += v8*_keep/s/, \([0-9]*\) - /, 1000 - /'
broken "a maximum of some lanes" 's/v_hmax(\(lane_[a-z0-9]*\))/\1[0]/'
broken "a vector that begins again with each block" 's/lane_sum += /lane_sum = /'
finish

#!/bin/sh
# folds.t -- C folds rows in lanes: what tests/models/folds.lua computes is what CUDA's code computes, at lengths that fill vectors and
# at those that do not, with the same bits on any number of threads, and no row calls a function for each element.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/folds.lua
limits="--gradient 1e-12 --tensor 1e-10 --loss 1e-13"
ask() { "$work/$1" hashed=5 hashed "$2" 2 1 2 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }

cuda_prober device $model gagen_double && OPTIMIZE=-O1 prober double $model gagen_double && OPTIMIZE=-O1 compile "$work/float" \
    "tests/probe.c $work/double.c" gagen -DPROGRAM=folds || finish
ask device 1 && ask double 2
# shellcheck disable=SC2086
yes "folds in lanes are those of CUDA, in double" compare "$work/double.got" "$work/device.got" $limits
ask float 1 && cp "$work/float.got" "$work/one"
yes "in float they are near" compare "$work/float.got" "$work/double.got" --gradient 1e-5 --loss 1e-6
for threads in 2 3; do
    ask float $threads
    yes "on $threads threads the same bits as on 1" cmp "$work/float.got" "$work/one"
done
# shellcheck disable=SC2016
grep -q 'r_exp(\|r_max(\|r_min(' "$work/double.c"; [ $? -eq 1 ]; tell $? "no element of a row is computed by itself"

# broken WHAT SED...: the program with a fault
broken() {
    local what=$1
    shift
    sed "$@" "$work/double.c" > "$work/off.c"
    cmp -s "$work/double.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=folds && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/device.got" $limits
}
broken "a sum that has lanes after the end of the axis" '/lane_sum += v8*_keep/s/, \([0-9]*\) - /, 1000 - /'
broken "a maximum of some lanes" 's/v_hmax(\(lane_[a-z0-9]*\))/\1[0]/'
broken "a vector that begins again with each block" 's/lane_sum += /lane_sum = /'
finish

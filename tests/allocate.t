#!/bin/sh
# allocate.t -- memory that is allocated at start: the same bits as from memory that is the program's own, and models above 2 GiB link.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

# ---- the same program by both ways
# twins NAME MODEL OPTION...: after some updates, weights and states are the same bytes
twins() {
    local name=$1 way
    shift
    for way in own allocated; do
        # shellcheck disable=SC2046
        trainer "${name}_$way" "$@" $([ $way = allocated ] && echo --allocate) || return
        rm -f "$work/$name.$way"
        "$work/${name}_$way" ${data:+--data "$data"} --steps "${steps:-3}" --threads 2 --save "$work/$name.$way" > "$work/out" 2>&1 || return 1
    done
    cmp "$work/$name.own" "$work/$name.allocated"
}
images=$([ -d data/digits ] && echo data/digits)
data=$images yes "a network of convolutions: the same bytes" twins cnn examples/mnist_cnn.lua -D batch=16 -D micro_batch=8
yes "two outputs, classes, names of fields: the same bytes" twins multitask examples/multitask.lua
mkdir -p "$work/set"
lua5.4 tests/predict/make.lua "$work/set"
sed "s|build/tests/data/predict|$work/set|" tests/predict/table.lua > "$work/table.lua"
yes "outputs, averages, a second loss: the same bytes" twins table "$work/table.lua" -D ema=0.9
for way in own allocated; do
    "$work/table_$way" --load "$work/table.own" --predict "$work/set/new.csv" > "$work/$way.csv" 2> "$work/errors"
done
yes "and the same predictions" sh -c "[ -s $work/own.csv ] && cmp $work/own.csv $work/allocated.csv"
grep -q '^static struct {  *.*allocated at start' "$work/cnn_allocated.c" && ! grep -q '_Alignas(64) static' "$work/cnn_allocated.c"
tell $? "nothing large is static"
sed 's/flat\[2\] = [^,;]*/flat[2] = flat[0]/' "$work/cnn_allocated.c" > "$work/cnn_off.c"
compile "$work/cnn_off" "$work/cnn_off.c" gagen
"$work/cnn_off" --data "$images" --steps 3 --threads 2 --save "$work/cnn.off" > "$work/out" 2>&1
no "another address is seen" cmp "$work/cnn.own" "$work/cnn.off"
finish

#!/bin/sh
# Predictions: outputs of rows in a new file, with the weights of a checkpoint, in both targets, in both forms.
. tests/lib.sh
. tests/cuda/emu.sh
at=build/tests/data/predict
mkdir -p $at "$work/arrays"
lua5.4 tests/predict/make.lua $at
sed '/predict = {/,/twice/d;s/accuracy(logits, set.kind) },$/& }/' tests/predict/table.lua > "$work/without.lua"
trainer table tests/predict/table.lua && trainer without "$work/without.lua"
emu_library && cuda_trainer cuda_table tests/predict/table.lua
check() { lua5.4 tests/predict/check.lua "$@"; }
same() { [ -s "$1" ] && cmp -s "$1" "$2"; }

# ---- the numbers ----
"$work/table" --save "$work/t.st" --log "$work/a.jsonl" > "$work/out" 2>&1 || tell 1 "it trains: $(tail -n 1 "$work/out")"
for p in table cuda_table; do
    "$work/$p" --load "$work/t.st.best" --predict $at/new.csv > "$work/$p.csv" 2> "$work/errors"
    "$work/$p" --load "$work/t.st.best" --predict $at/new.csv --output "$work/arrays" 2> "$work/errors"
    yes "$p: every output is what its weights say; other columns in another order; .npy too" check "$work/t.st.best" "$work/$p.csv" $at/bare.csv "$work/arrays"
done
no "other weights are seen" check "$work/t.st" "$work/table.csv" $at/bare.csv
cp "$work/arrays/value.npy" "$work/arrays/class.npy"
no "classes that are no int64 are seen" check "$work/t.st.best" "$work/table.csv" $at/bare.csv "$work/arrays"
sed 's/extra/a/;s/,a$/,extra/' $at/new.csv > "$work/moved.csv"
sed 's/?/0/' "$work/moved.csv" > "$work/renamed.csv"
"$work/table" --load "$work/t.st.best" --predict "$work/renamed.csv" > "$work/moved.out" 2>&1
no "another column called a is seen" check "$work/t.st.best" "$work/moved.out" $at/bare.csv
for with in "--threads 1" "--save $work/t.st" "--output $work/file.csv"; do
    # shellcheck disable=SC2086
    case $with in --save*) set -- $with;; *) set -- --load "$work/t.st.best" $with;; esac
    "$work/table" "$@" --predict $at/new.csv > "$work/again.csv" 2> "$work/errors"
    case $with in --output*) mv "$work/file.csv" "$work/again.csv";; esac
    yes "$(echo "$with" | cut -d ' ' -f 1): the same bytes" same "$work/again.csv" "$work/table.csv"
done
"$work/table" --save "$work/t.st" --resume --predict $at/new.csv > "$work/again.csv" 2> "$work/errors"
no "--resume predicts with the last weights, not the best" same "$work/again.csv" "$work/table.csv"
for with in "-D micro_batch=16" "--no-reuse"; do
    # shellcheck disable=SC2086
    trainer other tests/predict/table.lua $with
    "$work/other" --load "$work/t.st.best" --predict $at/new.csv > "$work/again.csv" 2> "$work/errors"
    yes "$with: the same bytes" same "$work/again.csv" "$work/table.csv"
done
[ "$(sed -n '3,$s/^"*\([a-z ]*\)"*,.*/\1/p' "$work/table.csv" | sort -u | tr '\n' ,)" = "high,in between,low," ]
tell $? "classes have their names"

# ---- averages, numbers of 16 bits, several steps ----
for with in ema=0.9 precision=bf16 apart=true; do
    kind=${with%=*}
    trainer $kind tests/predict/table.lua -D $with
    cuda_trainer cuda_$kind tests/predict/table.lua -D $with
    for p in $kind cuda_$kind; do
        rm -f "$work/$p.st"*
        "$work/$p" --save "$work/$p.st" > "$work/out" 2>&1
        for from in st st.best; do
            "$work/$p" --load "$work/$p.$from" --predict $at/new.csv > "$work/$p.$from.csv" 2> "$work/errors"
            case $p in ema | cuda_ema) of=of=ema. ;; precision) of=bits=8 ;; cuda_precision) of=within=0.05 ;; *) of= ;; esac
            yes "$with, $p.$from: outputs are what its weights say $of" check "$work/$p.$from" "$work/$p.$from.csv" $at/bare.csv $of
        done
    done
done
for p in ema cuda_ema; do no "$p: those of the weights themselves are others" check "$work/$p.st" "$work/$p.st.csv" $at/bare.csv; done
for p in precision cuda_precision; do no "$p: those of weights in full are others" check "$work/$p.st" "$work/$p.st.csv" $at/bare.csv; done
for p in apart cuda_apart; do no "$p: those of weights trained together are others" check "$work/t.st" "$work/$p.st.csv" $at/bare.csv; done

# ---- training does not notice ----
"$work/without" --log "$work/b.jsonl" > "$work/out" 2>&1
[ -s "$work/b.jsonl" ] && [ "$(log_facts "$work/a.jsonl")" = "$(log_facts "$work/b.jsonl")" ]; tell $? "outputs change nothing about training"
runs() { sed -n "/^$1/,/^}/p" "$work/$2" | grep -q "$3"; }
no "a micro-step makes no output" runs "INLINE void micro" table.c softmax
yes "a prediction does" runs "static void predict" table.c softmax
no "and leaves out the loss" runs "static void predict" table.c cross_entropy
no "so in CUDA" runs "static void micro(" cuda_table.cu softmax

# ---- other readers ----
mkdir -p build/tests/data/npy build/tests/data/npy_test "$work/only"
lua5.4 tests/readers/make_npy.lua build/tests/data/npy 83 1
lua5.4 tests/readers/make_npy.lua build/tests/data/npy_test 21 2
sed 's/accuracy(logits, set.t) }/&, predict = { y = logits }/' tests/readers/npy.lua > "$work/npy.lua"
trainer npy "$work/npy.lua"
"$work/npy" --save "$work/n.st" > "$work/out" 2>&1
cp build/tests/data/npy_test/[xw].npy "$work/only"
"$work/npy" --save "$work/n.st" --predict "$work/only" --output "$work/y.npy" > "$work/out" 2>&1 && grep -aq "'shape': (21, 3)" "$work/y.npy"
tell $? "NPY: a folder without labels$(cat "$work/out")"

# ---- nn.Standardize ----
trainer standardize tests/predict/standardize.lua && cuda_trainer cuda_standardize tests/predict/standardize.lua
statistics() { lua5.4 tests/predict/statistics.lua "$work/$1.st" $at/train.csv "$work/$1.csv" $at/bare.csv $2; }
for p in standardize cuda_standardize; do
    "$work/$p" --save "$work/$p.st" > "$work/out" 2>&1 && "$work/$p" --load "$work/$p.st" --predict $at/new.csv > "$work/$p.csv"
    yes "$p: mean and deviation of the training rows, applied and undone" statistics $p
done
no "those of all rows are others" statistics standardize all
"$work/standardize" --save "$work/one.st" --threads 1 > "$work/out" 2>&1
yes "whatever the threads" same "$work/one.st" "$work/standardize.st"
"$work/standardize" --load "$work/standardize.st" --save "$work/kept.st" --epochs 0 > "$work/out" 2>&1
"$work/standardize" --load "$work/kept.st" --predict $at/new.csv > "$work/kept.csv" 2> "$work/errors"
yes "a checkpoint keeps them" same "$work/kept.csv" "$work/standardize.csv"

# ---- what cannot be ----
refused() {
    local status=$1 words=$2
    shift 2
    "$@" > "$work/out" 2> "$work/errors"
    [ $? -eq "$status" ] && grep -q "$words" "$work/errors" && [ ! -s "$work/out" ]; tell $? "$(cat "$work/errors")"
}
refused 2 "declares no outputs: write train { predict = {" "$work/without" --load "$work/t.st" --predict $at/new.csv
refused 2 "needs the weights: --load FILE" "$work/table" --predict $at/new.csv
refused 2 "it needs --predict" "$work/table" --output x.csv
refused 2 "a prediction writes no log" "$work/table" --load "$work/t.st" --predict $at/new.csv --log "$work/l.jsonl"
for p in table cuda_table; do
    for to in a.csv a a.npy/; do
        refused 1 "no/such/$to: --output: there is no directory $work/no/such" "$work/$p" --load "$work/t.st" --predict $at/new.csv --output "$work/no/such/$to"
    done
done
mkdir -p "$work/in.csv" "$work/way/class.npy"
refused 1 "in.csv: --output: a directory is in the way: name a file" "$work/table" --load "$work/t.st" --predict $at/new.csv --output "$work/in.csv"
refused 1 "way/class.npy: --output: a directory is in the way" "$work/table" --load "$work/t.st" --predict $at/new.csv --output "$work/way"
refused 1 "table.csv/x.csv: --output: $work/table.csv is a file, not a directory" "$work/table" --load "$work/t.st" --predict $at/new.csv --output "$work/table.csv/x.csv"
refused 1 "t.st: --output: a file is in the way" "$work/table" --load "$work/t.st.best" --predict $at/new.csv --output "$work/t.st"
refused 1 "/dev/full: --output" "$work/table" --load "$work/t.st" --predict $at/new.csv --output /dev/full
refused 2 "the rows are read from there" "$work/table" --load "$work/t.st" --predict "$work/renamed.csv" --output "$work/../predict/renamed.csv"
"$work/table" --load "$work/t.st.best" --predict $at/new.csv --output - > "$work/again.csv" 2> "$work/errors"
yes "--output -: standard output, the same bytes" same "$work/again.csv" "$work/table.csv"
[ ! -e ./- ] && [ ! -e "$work/no" ]; tell $? "and no file of that name, nor a directory that was missing"
refused 2 "there are 6 outputs: name a directory" "$work/table" --load "$work/t.st" --predict $at/new.csv --output x.npy
refused 1 "bare.csv:1: no field 'a' in the header, which x needs" "$work/table" --load "$work/t.st" --predict $at/bare.csv
refused 1 "x.npy: No such file" "$work/npy" --load "$work/n.st" --predict build/tests/data/predict --output "$work/y.npy"
refused 1 "nothing.csv: No such file" "$work/table" --load "$work/t.st" --predict nothing.csv
finish

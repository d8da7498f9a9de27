#!/bin/sh
# bounds.t -- programs that nets make, under the sanitizers of gcc and clang: no access leaves its array, nor a dimension of it, and
# nothing is undefined. A few nets; ALL=1 (tests/long/bounds.t) takes every model, by the two compilers in turn.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
sanitize="-fsanitize=address,undefined,bounds -fno-sanitize-recover=all"
OPTIMIZE=-O0
ASAN_OPTIONS=detect_leaks=0       # the probe's rows live until it ends
export ASAN_OPTIONS

# silent COMPILER MODEL: one update of hashed rows, without a word on standard error; as many rows as its splits leave one of to train
silent() {
    local compiler=$1 machine=native net=$1_$(echo "${2%.lua}" | tr / _) rows status
    generate "$work/$net.c" "$2" --library && compile "$work/$net" "tests/probe.c $work/$net.c" gagen -DPROGRAM="$(basename "$2" .lua)" $sanitize || return
    for rows in 11 165 2500; do
        "$work/$net" hashed=$rows hashed 2 1 1 > "$work/$net.out" 2> "$work/$net.told"
        status=$?
        grep -q "leaves none of $rows to train" "$work/$net.told" || break
    done
    [ $status -eq 0 ] && [ ! -s "$work/$net.told" ]
    tell $? "$2, $1"
    head -n 2 "$work/$net.told" | sed 's/^/# /'
}

if [ -n "$ALL" ]; then
    for model in tests/models/*.lua examples/*.lua; do
        grep -q '^train' "$model" || continue
        case $model in
            */models/large.lua|*/models/gan.lua|*/models/ids_computed.lua|*/gpt2.lua|*/lora.lua) continue ;;     # 10 GB; a file; rows of its own (ids.t); large; a file
        esac
        if [ "$compiler" = gcc ]; then compiler=clang; else compiler=gcc; fi
        silent $compiler "$model"
    done
else
    silent gcc tests/models/moves.lua
    silent clang tests/models/ids.lua
    silent clang tests/models/net_conv.lua
    silent gcc tests/models/recompute.lua
fi

# What is put together at the seams between layouts, many nets in one program.
seams=$(lua5.4 tests/op_model.lua --list | awk '$1 == 3 && $2 == "tensor" && $3 ~ /^(seam|padding|gather|embedding)_/ { print $3 }')
mkdir -p "$work/seams"
# shellcheck disable=SC2086
lua5.4 tests/op_model.lua --float "$work/seams" $seams
for compiler in clang ${ALL:+gcc}; do
    CC=$compiler
    generate "$work/seams_$CC.c" "$work/seams/model.lua" --library && compile "$work/seams_$CC" "tests/probe.c $work/seams_$CC.c" gagen -DPROGRAM=model $sanitize &&
        "$work/seams_$CC" "$work/seams/rows.csv" "$work/seams/weights.safetensors" 2 1 1 > "$work/seams.out" 2> "$work/seams.told" && [ ! -s "$work/seams.told" ]
    tell $? "$(echo "$seams" | wc -l) nets at seams, $CC"
    head -n 2 "$work/seams.told" | sed 's/^/# /'
done

# An index that runs over two dimensions is told.
moves=$(find "$work" -name '*_tests_models_moves.c' | head -n 1)
sed 's/(&arena.tanh\[0\]\[0\]\[0\]\[0\])\[q \* 8\]/arena.tanh[0][0][q][0]/' "$moves" > "$work/planted.c"
cmp -s "$work/planted.c" "$moves"; [ $? -eq 1 ] && CC=gcc compile "$work/planted" "tests/probe.c $work/planted.c" gagen -DPROGRAM=moves $sanitize
"$work/planted" hashed=11 hashed 2 1 1 > "$work/out" 2> "$work/told"; [ $? -ne 0 ] && grep -q "out of bounds" "$work/told"; tell $? "control: an index of 15 in a dimension of 5 is told"
finish

#!/bin/sh
# gradients.t -- every op through emitted C in double: its value and gradients are PyTorch's. One program for all the
# cases that share a number of rows, but for losses that count their rows from the data, which share no denominator.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
lua5.4 tests/op_model.lua --list > "$work/list"

# try KIND NAME CASE...: one program for these cases. In edge cases each element is held to the reference by itself.
try() {
    kind=$1 group=$2; shift 2
    mkdir -p "$work/$group"
    lua5.4 tests/op_model.lua "$work/$group" "$@"
    ./gagen -t c --dump=grad "$work/$group/model.lua" 2> "$work/errors" | awk '$1 ~ /^%/ { print $2 }' >> "$work/seen"
    prober "probe_$group" "$work/$group/model.lua" gagen_double || return
    "$work/probe_$group" "$work/$group/rows.csv" "$work/$group/weights.safetensors" 2 1 1 > "$work/$group/got"
    if [ "$kind" = edges ]; then limit="--element 1e-9"; else limit="--gradient 1e-9 --tensor 1e-9 --loss 1e-9"; fi
    count=$#
    # shellcheck disable=SC2086
    yes "$count cases, $group: values and gradients to 1e-9" compare "$work/$group/got" "$work/$group/expect.txt" $limit
    # shellcheck disable=SC2086
    no "the first gradient times 1 + 1e-6" compare "$work/$group/got" "$work/$group/expect.txt" $limit --scale 1.000001
}

: > "$work/seen"
for kind in other edges; do
    for rows in $(awk -v k=$kind '(k == "edges") == ($2 == "edges") { print $1 }' "$work/list" | sort -nu); do
        # shellcheck disable=SC2046
        try $kind "${kind}_$rows" $(awk -v k=$kind -v r="$rows" '(k == "edges") == ($2 == "edges") && $1 == r { print $3 }' "$work/list")
    done
done

# copy is made by the compiler alone, dropout has tests/window.t, what moves and gathers has tests/moves.t
for op in $(./gagen ops | awk '$1 !~ /^(copy|dropout|slice|place|gather|scatter)$/ { print $1 }'); do
    grep -qx "$op" "$work/seen"; tell $? "$op is in a case"
done
finish

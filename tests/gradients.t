#!/bin/sh
# gradients.t -- every op through emitted C in double: its value and gradients are PyTorch's. One program for many cases
# that share a number of rows.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
lua5.4 tests/op_model.lua --list > "$work/list"

# try KIND NAME CASE...: one program for these cases. In edge cases each element is held to the reference by itself.
try() {
    kind=$1 group=$2; shift 2
    # tests/long/flags_*.t compile all cases at -O3; here edges alone are, where NaN and infinity may be lost
    local OPTIMIZE=$OPTIMIZE
    [ -n "$PAIR" ] || [ "$kind" = edges ] || OPTIMIZE=-O1
    # compilers take minutes at -O3 over the options of attention: one pair has them, at -O1
    case "$*" in *attention_*_window*) OPTIMIZE=-O1; [ -z "$PAIR" ] || return 0 ;; esac
    mkdir -p "$work/$group"
    lua5.4 tests/op_model.lua "$work/$group" "$@"
    ./gagen -t c --dump=differentiate "$work/$group/model.lua" 2> "$work/errors" | awk '$1 ~ /^%/ { print $2 }' >> "$work/seen"
    prober "probe_$group" "$work/$group/model.lua" gagen_double || return
    "$work/probe_$group" "$work/$group/rows.csv" "$work/$group/weights.safetensors" 2 1 1 > "$work/$group/got"
    if [ "$kind" = edges ]; then limit="--element 1e-12"; else limit="--gradient 1e-12 --tensor 1e-12 --loss 1e-12"; fi
    count=$#
    # shellcheck disable=SC2086
    yes "$count cases, $group: values and gradients to 1e-12" compare "$work/$group/got" "$work/$group/expect.txt" $limit
    # shellcheck disable=SC2086
    no "the first gradient times 1 + 1e-6" compare "$work/$group/got" "$work/$group/expect.txt" $limit --scale 1.000001
}

: > "$work/seen"
# Losses go by eighteen, others by sixty.
awk '{ k = $2 "_" $1; n = count[k]++; at = k "_" int(n / ($2 == "loss" ? 18 : 60)); list[at] = list[at] " " $3
       if (!(at in known)) { known[at] = 1; order[++last] = at } }
     END { for (i = 1; i <= last; i++) print order[i] list[order[i]] }' "$work/list" > "$work/groups"
while read -r group cases; do
    # shellcheck disable=SC2086
    try "${group%%_*}" "$group" $cases
done < "$work/groups"

# copy is made by the compiler alone, dropout has tests/window.t, draws tests/noise.t, what moves and gathers tests/moves.t, batch
# norm tests/batchnorm.t, losses of a micro-batch tests/terms.t, what a scan hands on tests/scan.t
for op in $(./gagen ops | awk '$1 !~ /^(copy|next|dropout|normal|when_training|slice|place|gather|scatter|batch_.*|running_.*|window_momentum|pooled_.*|micro_.*)$/ { print $1 }'); do
    [ -n "$PAIR" ] || { grep -qx "$op" "$work/seen"; tell $? "$op is in a case"; }
done
finish

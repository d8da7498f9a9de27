#!/bin/sh
# interpret.t -- what the trees of kernels say, interpreted in double, is what compiled programs compute: sums, gradients and states of a
# window; the units' order changes no bit; no tree breaks a rule of loops. ALL=1 (tests/long/interpret.t): other models and nets,
# the other ops. NET=m.lua:ROWS: that model alone, from so many hashed rows.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
rm -rf "$work"/*
lua=$(make -s print-lua)
ar rcs "$work/gen.a" $(find build/gen -name '*.o' ! -path build/gen/main.o)
for file in interpret oracle; do
    $CC -std=gnu11 -O2 -Wall -Wextra -Igen -Itests -c -o "$work/$file.o" "tests/$file.c" 2> "$work/errors"; tell $? "tests/$file.c compiles"
done

# oracle NAME MODEL OPTION...: build/tests/interpret/NAME, which runs a window in both ways
oracle() {
    local out=$work/$1 model=$2
    shift 2
    generate "$out.c" "$model" -t c --library "$@" || return
    # shellcheck disable=SC2086
    $CC -std=gnu11 -O0 -DGAGEN_DOUBLE -DPROGRAM="$(basename "$model" .lua)" -Iruntime -Itests -c -o "$out.o" tests/oracle_program.c 2> "$work/errors" &&
        $CC -std=gnu11 -O0 -DGAGEN_DOUBLE -Iruntime -o "$out" "$work/oracle.o" "$work/interpret.o" "$out.o" "$out.c" "$work/gen.a" -L. -lgagen_double \
            $lua $zlib -lm -ldl -lpthread 2> "$work/errors" && return
    tell 1 "$model compiles"
    sed 's/^/# /' "$work/errors"
    return 1
}

# agrees WHAT MODEL DATA WEIGHTS OPTION...
agrees() {
    local what=$1 model=$2 data=$3 weights=$4
    shift 4
    oracle one "$model" "$@" || return
    "$work/one" "$data" "$weights" nothing -t c --library "$@" "$model" > "$work/out" 2>&1; tell $? "$what: $(tail -n 1 "$work/out")"
    grep '^broken' "$work/out" | head -n 4 | sed 's/^/# /'
}

if [ -n "$NET" ]; then
    agrees "$NET" "${NET%:*}" hashed="${NET#*:}" hashed
    finish
fi

# ---- nets of each kind, the last micro-batch with rows that pad it
few="net_conv:29 batch_norm:21 window_dropout:61 embedding:7 upconv:7 moves:7 edges:200 recompute:62 turned:6 attention:5 scan:20"
[ -z "$ALL" ] || few=
for net in $few ${ALL:+mnist_mlp:3000 share:64 noise:8 gates:8 \
    window_split:24 window_terms:60 peer_a:300 peer_b:300 multitask:3000 char_mlp:3000 batch_norm_ranks:40 corners:64}; do
    model=tests/models/${net%:*}.lua
    [ -f "$model" ] || model=examples/${net%:*}.lua
    agrees "${net%:*}" "$model" hashed="${net#*:}" hashed
done
agrees "recurrent layers" tests/recurrent/classify.lua hashed=30 hashed
seed=1
last=8
[ -z "$ALL" ] || seed=9 last=60
while [ $seed -le $last ]; do
    ./gagen --library -t c -D seed=$seed tests/random/net.lua 2>&1 > /dev/null | sed -n '1s/^rows \([0-9]*\);.*/\1/p' > "$work/rows"
    agrees "net $seed" tests/random/net.lua "hashed=$(cat "$work/rows")" hashed -D seed=$seed
    seed=$((seed + 1))
done

# ---- the cases of ops, rows in micro-batches of two
lua5.4 tests/op_model.lua --list | awk '
    { k = $2 "_" $1; n = count[k]++; at = k "_" int(n / ($2 == "loss" ? 20 : 60)); list[at] = list[at] " " $3; rows[at] = $1
      if (!(at in known)) { known[at] = 1; order[++last] = at } }
    END { for (i = 1; i <= last; i++) print order[i], rows[order[i]], list[order[i]] }' > "$work/groups"
while read -r group rows cases; do
    case $group in tensor_2_1 | loss_3_0 | edges_22_0) here= ;; *) here=1 ;; esac
    [ "$here" = "$ALL" ] || continue
    mkdir -p "$work/$group"
    # shellcheck disable=SC2086
    lua5.4 tests/op_model.lua "$work/$group" $cases
    micro=$((rows > 2 ? 2 : 1))
    agrees "$group, $(echo "$cases" | wc -w) cases" "$work/$group/model.lua" "$rows:$work/$group" "$work/$group/weights.safetensors" \
        -D batch=$(((rows + micro - 1) / micro * micro)) -D micro_batch=$micro -D tail=step
done < "$work/groups"

# ---- controls: trees that are broken in one way each, told by the rule
oracle planted tests/models/net_conv.lua
"$work/planted" > "$work/plants"
[ "$(wc -l < "$work/plants")" -ge 9 ]; tell $? "there are $(wc -l < "$work/plants") ways to break trees"
while IFS='|' read -r plant rule; do
    "$work/planted" hashed=29 hashed "$plant" -t c --library tests/models/net_conv.lua > "$work/out" 2>&1
    [ $? -eq 1 ] && grep -q "^broken .*$rule" "$work/out"; tell $? "control: $plant: $rule"
    grep -q "^broken .*$rule" "$work/out" || sed 's/^/# /' "$work/out"
done < "$work/plants"
finish

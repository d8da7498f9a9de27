#!/bin/sh
# cuda_ops.t -- every op through emitted CUDA in float, on the emulator: its value and gradients are PyTorch's. The cases are
# those of gradients.t, which sees that every op has one. Half of the programs are as they come, small kernels sharing a launch; half have a launch for each
# kernel and micro-batches of two rows, of which the last may have one. Every other pair of programs is made here, the rest by
# REST=1 (tests/long/cuda_ops.t); BOTH=1 makes all of them both ways. tests/cuda/large.lua has what begins at larger sizes: rows of
# a block, products in parts.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_checks="$emu_checks -O0"      # these programs compile longer than they run
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
rm -rf "$work"/tensor_* "$work"/loss_* "$work"/edges_*
lua5.4 tests/op_model.lua --float --list > "$work/list"

# A line for a program: its name, batch, micro-batch, flags or -, cases. Losses go by eighteen, others by sixty.
awk -v both="$BOTH" -v rest="${REST:-0}" '
    { k = $2 "_" $1; n = count[k]++; at = k "_" int(n / ($2 == "loss" ? 18 : 60)); list[at] = list[at] " " $3; rows[at] = $1; kind[at] = $2
      if (!(at in known)) { known[at] = 1; order[++last] = at } }
    END { for (i = 1; i <= last; i++) {
              at = order[i]; r = rows[at]; micro = r < 3 ? 1 : 2
              if (!both && int(i / 2) % 2 != rest) continue
              whole = kind[at] == "edges" || i % 2
              if (whole || both) print at, r, r, "-" list[at]
              if (!whole || (both && kind[at] != "edges")) print at "_split", int((r + micro - 1) / micro) * micro, micro, "--no-share" list[at] } }' \
    "$work/list" > "$work/groups"

# make_program GROUP BATCH MICRO_BATCH FLAGS CASE...: build/tests/cuda_ops/GROUP/probe
make_program() (
    group=$1 batch=$2 micro=$3 flags=${4#-}
    work=$work/$group
    shift 4
    mkdir -p "$work"
    echo $# > "$work/count"
    lua5.4 tests/op_model.lua --float "$work" "$@"
    # shellcheck disable=SC2086
    cuda_prober probe "$work/model.lua" gagen -D batch="$batch" -D micro_batch="$micro" -D tail=step ${flags:+-$flags} > "$work/told"
)

# its data: seven rows, so that the second window has one; 1,639 numbers of -8 to 8, and a label
make_large() (
    work=$work/large
    mkdir -p "$work"
    rm -f "$work/probe" "$work/double"
    awk 'BEGIN {
        for (n = s = 1; n <= 8; n++)
            for (c = 1; c <= 1640; c++) {
                if (n > 1) s = s * 16807 % 2147483647
                printf "%s%s", n == 1 ? "c" c : c == 1640 ? s % 1100 : s % 17 - 8, c == 1640 ? "\n" : ","
            }
    }' > "$work/rows.csv"
    prober double tests/cuda/large.lua gagen_double > "$work/told"
    cuda_prober probe tests/cuda/large.lua gagen >> "$work/told"
)

# every_other FROM: the programs of lines FROM, FROM + 2, ...
every_other() {
    awk -v from="$1" 'NR % 2 == from % 2' "$work/groups" | while read -r line; do
        # shellcheck disable=SC2086
        make_program $line
    done
}
{ every_other 1; } & { every_other 2; make_large; } & wait

# built GROUP
built() {
    cat "$work/$1/told"
    [ -x "$work/$1/probe" ] && [ ! -s "$work/$1/errors" ]; tell $? "$1: g++ compiles it without a word"
    head -n 5 "$work/$1/errors" | sed 's/^/# /'
    [ -x "$work/$1/probe" ]
}

# same_bits GROUP ARGUMENT...: whatever the order of blocks, threads and streams
same_bits() {
    local group=$1 order wrong=0
    shift
    for order in "1 1" "2 1" "2 2"; do
        GG_EMU_ORDER=${order% *} GG_EMU_SEED=${order#* } "$work/$group/probe" "$@" 2>> "$work/$group/errors" | cmp -s - "$work/$group/got" || wrong=1
    done
    [ $wrong -eq 0 ]; tell $? "$group: the same bits in every order"
}

for dir in "$work"/tensor_* "$work"/loss_* "$work"/edges_*; do
    group=$(basename "$dir")
    built "$group" || continue
    set -- "$dir/rows.csv" "$dir/weights.safetensors" 1 1 1
    "$dir/probe" "$@" > "$dir/got" 2> "$dir/errors" || { tell 1 "$group runs"; sed 's/^/# /' "$dir/errors"; continue; }
    limit="--tensor 1e-6 --loss 1e-5" count=$(cat "$dir/count")
    # 1 - sigmoid(20) and 1 + tanh(-3) leave an ulp of 1 of themselves
    case $group in edges_*) limit="--element 1e-5 --floor 1e-2" ;; esac
    # shellcheck disable=SC2086
    yes "$group: $count cases, values and gradients are PyTorch's in double, $limit" compare "$dir/got" "$dir/expect.txt" $limit
    # shellcheck disable=SC2086
    no "the first gradient times 1.0001" compare "$dir/got" "$dir/expect.txt" $limit --scale 1.0001
    same_bits "$group" "$@"
done

# ---- larger sizes: C in double, from the same weights
if built large; then
    set -- "$work/large/rows.csv"
    "$work/large/probe" "$1" - 1 0 save="$work/large/state" > /dev/null
    set -- "$1" resume="$work/large/state" 1 2 1
    "$work/large/probe" "$@" > "$work/large/got" 2> "$work/large/errors"
    sed 's/^/# /' "$work/large/errors"
    "$work/large/double" "$@" > "$work/large/expect.txt"
    limit="--tensor 2e-6 --loss 1e-6 --weight 1e-6"
    # shellcheck disable=SC2086
    yes "large: gradient, two losses and weights are those of C in double, $limit" compare "$work/large/got" "$work/large/expect.txt" $limit
    # shellcheck disable=SC2086
    no "the first gradient times 1.0001" compare "$work/large/got" "$work/large/expect.txt" $limit --scale 1.0001
    same_bits large "$@"
fi
finish

#!/bin/sh
# cuda_ops.t -- every op through emitted CUDA in float, on the emulator: its value and gradients are PyTorch's. The cases are
# those of gradients.t, twice: as they come, where small kernels share a launch, and with a launch for each, in two micro-batches,
# whose second has a row less. tests/cuda/large.lua has what begins at larger sizes: rows of a block, products in parts.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
list=$work/list
lua5.4 tests/op_model.lua --float --list > "$list"

# cases KIND ROWS: their names
cases() { awk -v k="$1" -v r="$2" '(k == "edges") == ($2 == "edges") && $1 == r { print $3 }' "$list"; }

# make_program GROUP OPTION...: build/tests/cuda_ops/GROUP/probe
make_program() (
    group=$1 work=$work/$1
    shift
    mkdir -p "$work"
    rm -f "$work/probe"
    # shellcheck disable=SC2046
    lua5.4 tests/op_model.lua --float "$work" $(cases "${group%%_*}" "$(echo "$group" | cut -d_ -f2)")
    ./gagen -t cuda --dump=grad "$work/model.lua" 2> "$work/errors" | awk '$1 ~ /^%/ { print $2 }' > "$work/seen"
    cuda_prober probe "$work/model.lua" gagen "$@" > "$work/told"
)

split="-D micro_batch=2 -D tail=step --no-share"

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

# Two at a time. Four rows to a window in micro-batches of two: of three rows the second has one.
# shellcheck disable=SC2086
{
    { make_program other_2; make_program other_3; make_program other_9; make_program edges_10; make_program edges_20
      make_program other_1; make_program edges_18; make_program other_7_split -D batch=8 $split; make_large; } &
    { make_program other_2_split -D micro_batch=1 --no-share; make_program other_3_split -D batch=4 $split; make_program edges_22
      make_program other_9_split -D batch=10 $split; make_program other_5; make_program other_5_split -D batch=6 $split
      make_program other_7; make_program other_1_split --no-share; } &
    wait
}

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

for dir in "$work"/other_* "$work"/edges_*; do
    group=$(basename "$dir")
    built "$group" || continue
    set -- "$dir/rows.csv" "$dir/weights.safetensors" 1 1 1
    "$dir/probe" "$@" > "$dir/got" 2> "$dir/errors" || { tell 1 "$group runs"; sed 's/^/# /' "$dir/errors"; continue; }
    limit="--each 1e-6 --loss 1e-6" count=$(cases "${group%%_*}" "$(echo "$group" | cut -d_ -f2)" | wc -l)
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

# copy is made by the compiler alone, dropout has cuda_window.t, slice and place have moves.t
for op in $(./gagen ops | awk '$1 !~ /^(copy|dropout|slice|place)$/ { print $1 }'); do
    grep -qhx "$op" "$work"/other_?/seen "$work"/edges_*/seen || tell 1 "$op is in a case"
done
finish

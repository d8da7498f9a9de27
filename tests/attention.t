#!/bin/sh
# attention.t -- fn.attention in tiles is attention written out of products and a softmax (tests/models/attention.lua), in C and in CUDA,
# at sizes that fill no tile; its bits do not depend on threads; no matrix of scores is in memory. tests/gradients.t and cuda_ops.t
# hold it to PyTorch.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/attention.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
ask() { "$work/$1" hashed=5 hashed "$2" 1 1 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }

# equal WHAT OPTION...: both forms in double, losses and gradients of a window whose last micro-batch is shorter
equal() {
    local what=$1
    shift
    prober fused $model gagen_double "$@" && quick prober hand $model gagen_double "$@" -D by=hand || return
    ask fused 2 && ask hand 2
    # shellcheck disable=SC2086
    yes "$what" compare "$work/fused.got" "$work/hand.got" $limits
}
equal "16 positions, 2 heads"
equal "one position, heads of 2 channels" -D t=1 -D dim=6 -D heads=3 -D kv=3
equal "7 queries and 19 keys, heads of 12 channels" -D t=7 -D s=19 -D dim=24
equal "heads that share keys" -D t=17 -D heads=4 -D kv=2 -D causal=true
equal "heads in one half of a block" -D t=40 -D dim=128 -D heads=4 -D kv=4
equal "a head of two blocks, two tiles of keys" -D t=65 -D s=128 -D dim=128 -D heads=1 -D kv=1
equal "two of the same q, k and v, one of them causal" -D twice=true
equal "rematerialised" -D recompute=all
for part in q k v; do equal "$part is frozen" -D frozen=$part; done
equal "130 positions, causal: tiles after the last key are skipped" -D t=130 -D causal=true
ask fused 1 && cp "$work/fused.got" "$work/one" && ask fused 3
yes "on 3 threads the same bits as on 1" cmp "$work/fused.got" "$work/one"

# ---- controls: what a tile may get wrong
broken() {
    local what=$1
    shift
    sed "$@" "$work/fused.c" > "$work/off.c"
    cmp -s "$work/fused.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=attention && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/hand.got" $limits
}
broken "an unmasked tile" 's/v_select(v_iota() + (real)(tile/v_select(v_iota() + 1000 + (real)(tile/'
broken "a stale maximum" 's/v_store(&largest\[.*/;/'
broken "a tile that is skipped" 's/k < k_to/k < k_to - 1/'
broken "the sums of another tile" 's/\(row_sums\[i\] = arena.attention_rows\)\[tile\]/\1[0]/'

# ---- CUDA
on_device() {
    local what=$1
    shift
    cuda_prober device $model gagen_double "$@" && quick prober hand $model gagen_double "$@" -D by=hand && ask hand 2 || return
    # shellcheck disable=SC2086
    yes "CUDA, all orders: $what" emu_orders sh -c "$work/device hashed=5 hashed 1 1 1 > $work/device.got && lua5.4 tests/compare.lua $work/device.got $work/hand.got $limits"
}
on_device "7 queries and 19 keys" -D t=7 -D s=19 -D dim=24
on_device "heads that share keys, causal" -D t=33 -D heads=4 -D kv=2 -D causal=true
on_device "a head of 128 channels" -D t=9 -D dim=128 -D heads=1 -D kv=1
sed 's/__syncthreads();//' "$work/device.cu" > "$work/race.cu"
emulated race gagen_double tests/probe.c attention
"$work/race" hashed=5 hashed 1 1 1 > "$work/race.got" 2> "$work/errors"; [ $? -ne 0 ] && grep -q "^gg_emu:" "$work/errors"
tell $? "control: threads that do not meet: $(head -n 1 "$work/errors" | cut -c1-100)"

# ---- memory: grows with the positions, not with their square
arena() { ./gagen -t "$1" $model -D dim=64 -D t="$2" -D by="$3" | sed -n 's/.*arena \([0-9 ]*\)KiB.*/\1/p' | tr -d ' '; }
for target in c cuda; do
    short=$(arena $target 256 fused) long=$(arena $target 1024 fused)
    [ "$long" -gt "$short" ] && [ "$long" -le $((4 * short + 64)) ]; tell $? "$target: 4 times the positions, $long of $short KiB"
done
short=$(arena c 256 hand) long=$(arena c 1024 hand)
[ "$long" -gt $((8 * short)) ]; tell $? "control: with a matrix of scores it grows with the square"
finish

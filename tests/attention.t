#!/bin/sh
# attention.t -- fn.attention in tiles is attention written out of products and a softmax (tests/models/attention.lua), in C and in CUDA,
# at sizes that fill no tile; its bits do not depend on threads; no matrix of scores is in memory. tests/gradients.t and cuda_ops.t
# hold it to PyTorch.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/pair.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/attention.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
one=fused other=hand one_options= other_options="-D by=hand" build_one= build_other=quick

equal "16 positions, 2 heads"
equal "one position, heads of 2 channels" -D t=1 -D dim=6 -D heads=3 -D kv=3
equal "7 queries and 19 keys, heads of 12 channels" -D t=7 -D s=19 -D dim=24
equal "heads that share keys" -D t=17 -D heads=4 -D kv=2 -D causal=true
equal "heads in one half of a block" -D t=40 -D dim=128 -D heads=4 -D kv=4
equal "a head of two blocks, two tiles of keys" -D t=65 -D s=128 -D dim=128 -D heads=1 -D kv=1
build_one=quick            # what differs here is which kernels there are
equal "two of the same q, k and v, one of them causal" -D twice=true
equal "rematerialised" -D recompute=all
for part in q k v; do equal "$part is frozen" -D frozen=$part; done
build_one=
equal "130 positions, causal: tiles after the last key are skipped" -D t=130 -D causal=true
same_on_threads

# ---- controls: what a tile may get wrong
broken "an unmasked tile" 's/v_select(v_iota() + (real)(tile/v_select(v_iota() + 1000 + (real)(tile/'
broken "a stale maximum" 's/v_store(&largest\[.*/;/'
broken "a tile that is skipped" 's/k < k_to/k < k_to - 1/'
broken "the sums of another tile" 's/\(row_sums\[i\] = arena.attention_rows\)\[tile\]/\1[0]/'

# ---- CUDA
on_device "CUDA, all orders: 7 queries and 19 keys" -D t=7 -D s=19 -D dim=24
on_device "CUDA, all orders: heads that share keys, causal" -D t=33 -D heads=4 -D kv=2 -D causal=true
on_device "CUDA, all orders: a head of 128 channels" -D t=9 -D dim=128 -D heads=1 -D kv=1
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

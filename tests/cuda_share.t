#!/bin/sh
# cuda_share.t -- CUDA: kernels with equal trees are one function, and sequences of launches that come again are one, too. They compute
# what C's do.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library || { tell 1 "the emulator"; finish; }
window_data
model=tests/models/share.lua
functions() { ./gagen -t cuda "$@" | grep -c '^static __\(global\|device\)__ .* k[0-9]'; }
length() { ./gagen -t cuda "$@" | wc -l; }

# ---- what is written
shared=$(functions $model)
[ $((shared * 2)) -lt "$(functions --no-share $model)" ]; tell $? "$shared functions, where --no-share has more than twice as many"
[ "$(functions -D depth=8 $model)" = "$shared" ]; tell $? "of twice the blocks no more"
[ "$(functions -D depth=8 --no-share $model)" -gt $((shared * 4)) ]; tell $? "control: but many more kernels"
./gagen -t cuda -D depth=8 $model > "$work/deep.cu"
grep -q '^static void k[0-9]*_to_k[0-9]*_[a-z]*(.*int beta' "$work/deep.cu"; tell $? "a block's launches are a function of its buffers and of beta"
[ "$(grep -ci '^    k[0-9]*_to_k[0-9]*_[a-z]*(' "$work/deep.cu")" -ge 7 ]; tell $? "which each block calls that is like the others"
./gagen -t cuda -D depth=2 $model > "$work/flat.cu"
! grep -q '^static void k[0-9]*_to_k[0-9]*_[a-z]*(.*int beta' "$work/flat.cu"; tell $? "control: two blocks do not make one"
lines=$(length examples/resnet18.lua)
[ "$lines" -le 3500 ]; tell $? "resnet18.cu has $lines lines, 3,500 at most"
lines=$(length -D head_pieces=1 bench/models/gpt2_by_hand.lua)
[ "$lines" -le 1800 ]; tell $? "a GPT of 12 layers with its logits whole has $lines lines, 1,800 at most"
lines=$(length examples/mnist_mlp.lua)
[ "$lines" -le 480 ]; tell $? "mnist_mlp.cu has $lines lines, 480 at most"

# ---- what it computes
losses() { (cd "$work" && rm -f "$1.jsonl" && "./$1" --data "$data" --log "$1.jsonl" > "$1.out" 2>&1); log_field "$work/$1.jsonl" loss; }
near() { # near NAME: its two losses are C's, but for rounding
    losses "$1" | paste - "$work/expected" | awk '{ d = $1 - $2; if (!(d <= 1e-9 && -d <= 1e-9)) bad = 1 } END { exit bad || NR < 2 }'
}
case $data in /*) ;; *) data=$PWD/$data ;; esac
generate "$work/c.c" $model && compile "$work/c" "$work/c.c" gagen_double && losses c > "$work/expected"
generate "$work/shared.cu" $model -t cuda && emulated shared gagen_double
yes "two updates in double: C's losses" near shared
# wrong NAME SCRIPT WHAT: the program that sed has changed
wrong() {
    sed "$2" "$work/shared.cu" > "$work/$1.cu"
    if cmp -s "$work/$1.cu" "$work/shared.cu"; then tell 1 "$3: there is none"; return; fi
    emulated "$1" gagen_double
    no "$3" near "$1"
}
wrong block 's/\(GG_RUN(k[0-9]*_conv2d_3x3, .*\)arena\.images_1_add/\1arena.images_0_add/' "a launch of a shared function with another block's buffer"
wrong key 's/0x[0-9a-f]*u);\( .*k[0-9]\)/0x12345678u);\1/' "noise under another key"
wrong turn 's/^\(    K[0-9]*_TO_K[0-9]*_[A-Z]*(k[0-9]*, k[0-9]*, \)2, 3,/\11, 3,/' "a block's launches with another block's gradient"
finish

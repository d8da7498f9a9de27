#!/bin/sh
# cuda_limits.t -- what a device cannot do: grids of more than 65,535 blocks in y and z, more shared variables than a block has room for,
# more elements than an int counts.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library || { tell 1 "the emulator"; finish; }
limits=tests/cuda/limits

# losses NAME: of its updates;  near_to A B: they are the same but for rounding
losses() { rm -f "$work/$1.jsonl"; "$work/$1" --log "$work/$1.jsonl" > "$work/$1.out" 2>&1; log_field "$work/$1.jsonl" loss; }
near_to() {
    losses "$1" > "$work/a"
    losses "$2" > "$work/b"
    paste "$work/a" "$work/b" | awk '{ d = $1 - $2; if (!(d <= 1e-9 && -d <= 1e-9)) bad = 1 } END { exit bad || NR < 3 }'
}

# twins NAME MODEL OPTION...: NAME in CUDA and NAME_c, both in double
twins() {
    local name=$1
    shift
    generate "$work/$name.cu" "$@" -t cuda && emulated "$name" gagen_double
    generate "$work/${name}_c.c" "$@" && compile "$work/${name}_c" "$work/${name}_c.c" gagen_double
}

# ---- a grid: every launch is looked at when the program's graphs are recorded, before the first update
cuda_trainer heads $limits/heads.lua
yes "65,585 products in one launch: it fits a grid" "$work/heads" --steps 0
sed '/GG_RUN(k[0-9]*_matmul/s/, 65585,/, dim3(1, 1, 65585),/' "$work/heads.cu" > "$work/deep.cu"
emulated deep gagen
no "one in z is refused" sh -c "$work/deep --steps 0 || exit 1"
twins tiles $limits/heads.lua -D batch=2 -D heads=3 -D size=70
yes "tiles of rows, of columns and of products are counted by one number: the losses are C's" near_to tiles tiles_c
sed 's/\bblockIdx.x % 2 \* 64/blockIdx.x \/ 2 % 2 * 64/' "$work/tiles.cu" > "$work/other.cu"
emulated other gagen_double
no "tiles that are counted otherwise are seen" near_to other tiles_c

# ---- shared variables
twins many $limits/many.lua
yes "the sums of 40 gradients share a launch and its room: the losses are C's" near_to many many_c
mkdir -p "$work/headers"
cp runtime/*.h "$work/headers"
sed -i 's/template <int SHARES> /template <int SHARES, int WHO> /; s/gg_shares<SHARES>/gg_shares<SHARES, WHO>/' "$work/headers/gagen_cuda.h"
sed 's/^static __device__ void k6_sum/template <int WHO> &/; s/gg_add_shares<16>/gg_add_shares<16, WHO>/' "$work/many.cu" |
    awk '/^    k6_sum/ { sub(/\(/, "<" ++n ">(") } { print }' > "$work/own.cu"
RT=$work/headers emulated own gagen_double
no "a room of its own for each is refused" near_to own many_c
grep -q 'shared variables take more than 49152 bytes' "$work/own.out"; tell $? "by its name"
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
if [ -x "$nvcc" ]; then
    yes "nvcc finds room for them" "$nvcc" -std=c++17 -arch=sm_80 --fmad=false -Iruntime -c "$work/many.cu" -o "$work/many.o"
else
    facts=$((facts + 1))
    echo "ok $facts - nvcc finds room for them # skip there is no nvcc"
fi

# ---- numbers of elements: maps go through 2^32 of them
counts() { # counts FILE: its maps' numbers are long, none is narrower
    awk '/^ *if \(id < 4294967296\)/ { if (before !~ /const long id = blockIdx.x \* 256L/) bad = 1; n++ } { before = $0 } END { exit bad || n < 3 }' "$1"
}
generate "$work/wide.cu" $limits/wide.lua -t cuda
yes "elements above 2^31 are counted by a long" counts "$work/wide.cu"
# shellcheck disable=SC2086
yes "which a compiler takes without a word" $CXX -x c++ $emu_flags $emu_warnings -Werror -fsyntax-only "$work/wide.cu"
sed 's/const long id = blockIdx.x \* 256L/const unsigned id = blockIdx.x * 256u/' "$work/wide.cu" > "$work/narrow.cu"
no "another type is seen" counts "$work/narrow.cu"
generate "$work/few.cu" $limits/wide.lua -t cuda -D micro_batch=16 -D width=64
! grep -q 'long id' "$work/few.cu"; tell $? "where there are few, by an int"
finish

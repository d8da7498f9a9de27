#!/bin/bash
# cuda_emulator.t -- the emulator that CUDA programs are tested in: it lets right programs pass under every schedule, names each
# planted bug, and its headers say what CUDA's say.
. tests/lib.sh
. tests/cuda/emu.sh

yes "the emulator compiles without a warning" emu_library
[ -s "$work/said" ] && tell 1 "it says nothing"
yes "so do the planted bugs" emu_build "$work/bugs" tests/cuda/bugs/main.cu
bugs=$work/bugs

# right NAME: the twin without the bug gives the right numbers
right() { [ "$(timeout 20 "$bugs" "$1" 2>&1)" = right ]; }

# names NAME PATTERN: the bug is seen under this schedule
names() { timeout 20 "$bugs" "$1" bug 2>&1 | grep -Eq "$2"; }

# some COMMAND...: under one of the schedules at least
some() {
    missed() { ! "$@"; }
    ! emu_orders missed "$@"
}

"$bugs" > "$work/list"
while IFS="$(printf '\t')" read -r bug caught; do
    emu_orders right "$bug"; tell $? "$bug: the right twin passes under orders 0, 1, 2"
    some names "$bug" "$caught"; tell $? "control: $bug is caught: $caught"
done < "$work/list"
[ "$(wc -l < "$work/list")" -ge 59 ]; tell $? "$(wc -l < "$work/list") bugs"

# ---- what a program may ask for
none() { GG_EMU_DEVICES=0 "$bugs" freed > "$work/none" 2>&1; [ $? -eq 3 ] && grep -q 'error 100$' "$work/none"; }
none; tell $? "GG_EMU_DEVICES=0: no device is there"
small() { GG_EMU_MEMORY=64 "$bugs" freed > "$work/small" 2>&1; [ $? -eq 3 ] && grep -q 'cudaErrorMemoryAllocation' "$work/small"; }
small; tell $? "GG_EMU_MEMORY=64: memory is out"
"$bugs" missing_barrier bug 2>&1 | grep -q 'kernels.cu:[0-9]'; tell $? "an error names the line of the source"

# ---- what is written for the emulator is CUDA
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
if [ -x "$nvcc" ]; then
    yes "nvcc compiles the planted bugs" "$nvcc" -std=c++17 -arch=sm_80 -c tests/cuda/bugs/main.cu -o "$work/main.o"
else
    facts=$((facts + 1))
    echo "ok $facts - nvcc compiles the planted bugs # SKIP there is no nvcc"
fi

# ---- the headers
cuda=${CUDA_HOME:-/usr/local/cuda}/include
facts() { $CXX -std=c++17 -w "$@" tests/cuda/facts.cpp -o "$work/facts" && "$work/facts"; }
facts -Itests/cuda/include > "$work/ours"; tell $? "the headers' values and sizes: $(wc -l < "$work/ours")"
if [ -f "$cuda/cublasLt.h" ]; then
    facts -I"$cuda" > "$work/cuda" && cmp -s "$work/ours" "$work/cuda"; tell $? "CUDA's headers have the same"
    diff "$work/ours" "$work/cuda" | sed 's/^/# /'
    sed 's/^cudaErrorNotReady .*/cudaErrorNotReady 34/' "$work/ours" | cmp -s - "$work/cuda"; [ $? -eq 1 ]; tell $? "control: another value is seen"
else
    facts=$((facts + 1))
    echo "ok $facts - CUDA's headers have the same # SKIP there is no $cuda/cublasLt.h"
fi
finish

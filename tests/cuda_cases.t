#!/bin/sh
# cuda_cases.t -- cases.t's cases in CUDA under the emulator.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
target=cuda
. tests/cases.sh
finish

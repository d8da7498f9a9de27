#!/bin/sh
# same_bits.t -- tools/same-bits where runtimes or emulators differ: everything is compiled and run.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
work=build/tests/long_same_bits
mkdir -p $work
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
. tests/same_bits.sh
one='window_sum.*early|window_dropout.*batch=16'

planted runtime/calendar.c '$a\
/* another */'
bits 0 . "$off" --only="$one"; says $? "another runtime: all run, and have equal bits" '6 programs to run; the runtime is other' '(0 have equal texts, 6 ran and have equal bits'
back
planted runtime/philox.h 's/0x9E3779B9/0x9E3779B8/'
bits 1 . "$off" --only="$one"; says $? "control: another draw of noise: dropout differs, what draws nothing does not" \
    '^differs: float tests/models/window_dropout.lua' '^differs: double tests/models/window_dropout.lua' '^differs: cuda tests/models/window_dropout.lua' \
    '3 ran and have equal bits, 3 differ), 0 not;'
back
planted tests/cuda/blas.cpp '$a\
/* another */'
bits 0 . "$off" --only="$one"; says $? "another emulator: CUDA runs" '2 programs to run; the runtime is equal, the emulator other' '(4 have equal texts, 2 ran and have equal bits'
bits 0 . . --run --target=cuda --only='models/gan.lua'; says $? "steps in turn end with a whole round, so that a checkpoint is compared" ' 1 of 1 programs compared'
rm -rf "$off"
finish

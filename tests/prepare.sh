#!/bin/sh
# prepare.sh -- what several tests share, made before they run side by side: hashed data, the emulator's library.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh > /dev/null
. tests/cuda/emu.sh
window_data
peer_data
probe_objects
emu_library
find build/gen -name '*.o' ! -name resources.o | while read -r o; do s=${o#build/}; [ -e "${s%.o}.c" ] || rm "$o"; done     # of sources that are gone

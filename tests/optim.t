#!/bin/sh
# optim.t -- every optimizer through emitted C in double: weights after 1, 2, 6 and 12 updates are PyTorch's to 1e-12.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
lua5.4 tests/optim_model.lua "$work"

# after NAME UPDATE [SCALE]: the weights are the reference's
after() {
    "$work/probe" "$work/rows.csv" "$work/weights.safetensors" 1 "$2" | lua5.4 tests/optim_model.lua --check "$@"
}

all() { after "$1" 1 && after "$1" 2 && after "$1" 6 && after "$1" 12; }

# One program of three as users build it; the passes are loops over vectors, alike in all.
turn=0
for name in $(lua5.4 tests/optim_model.lua --list); do
    turn=$((turn + 1)) OPTIMIZE=
    [ $((turn % 3)) -eq 1 ] || OPTIMIZE=-O1
    lua5.4 tests/optim_model.lua "$work" "$name"
    prober probe "$work/model.lua" gagen_double || continue
    yes "$name" all "$name"
done
no "the first weight times 1 + 1e-9" after "$name" 12 1.000000001
for kind in $(sed -n 's/^recipe("\([A-Za-z]*\)".*/\1/p' dsl/optim.lua); do
    grep -q "^model optim.$kind " tests/reference/optim.txt; tell $? "optim.$kind is in a case"
done
yes "learning rates are those of closed forms and of PyTorch's schedulers to 1e-12" lua5.4 tests/schedules.lua "$work"
no "a rate times 1 + 1e-8" lua5.4 tests/schedules.lua "$work" 1.00000001
finish

#!/bin/sh
# transformers.t -- the layers of a transformer are PyTorch's, with its names of parameters; ACCEPTANCE's case 54 for whole ones.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O1

# ---- layers: outputs and gradients from the same weights, by name
export CASES=layers
layers=$(lua5.4 tests/op_model.lua --list | awk '{ print $3 }')
mkdir -p "$work/layers"
# shellcheck disable=SC2086
lua5.4 tests/op_model.lua "$work/layers" $layers
if prober layers_probe "$work/layers/model.lua" gagen_double; then
    "$work/layers_probe" "$work/layers/rows.csv" "$work/layers/weights.safetensors" 2 1 1 > "$work/layers/got"
    limit="--gradient 1e-12 --tensor 1e-12 --loss 1e-12"
    # shellcheck disable=SC2086
    yes "$(echo $layers | wc -w) layers: outputs and gradients are PyTorch's to 1e-12" compare "$work/layers/got" "$work/layers/expect.txt" $limit
    # shellcheck disable=SC2086
    no "the first gradient times 1 + 1e-6" compare "$work/layers/got" "$work/layers/expect.txt" $limit --scale 1.000001
fi
unset CASES
finish

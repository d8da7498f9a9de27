#!/bin/sh
# transformers.t -- the layers of a transformer are PyTorch's, with its names of parameters; ACCEPTANCE's case 54 for whole ones.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O1     # these programs compile longer than they run

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

# ---- defaults: first values, and dropout at each place where PyTorch's layers have it
dump() { ./gagen --dump=read_model -t c tests/transformers/defaults.lua "$@"; }
first() { dump | awk -v name="$1" '$1 == name { sub(/.*\] */, ""); print $2, $3 }'; }
is() { [ "$(first "$1")" = "$2" ]; tell $? "$1 begins with $2, as PyTorch's"; }
is encoder.self_attn.in_proj_weight "uniform(-0.353553, 0.353553)"       # Xavier's, of 12 inputs and 36 outputs
is decoder.multihead_attn.in_proj_bias "constant(0, 0)"
is decoder.multihead_attn.out_proj.weight "uniform(-0.288675, 0.288675)"
is decoder.self_attn.out_proj.bias "constant(0, 0)"
is encoder.linear1.bias "uniform(-0.288675, 0.288675)"
is decoder.linear2.weight "uniform(-0.0220971, 0.0220971)"               # of 2048 inputs
drops() { dump "$@" | grep -c 'noise  *noise '; }
[ "$(drops)" -eq 10 ]; tell $? "4 draws in an encoder's layer and 6 in a decoder's: $(drops)"
[ "$(dump | grep -c 'noise .* at .*_attn#1')" -eq 3 ]; tell $? "three of them are of attentions"
[ "$(drops -D dropout=0)" -eq 0 ]; tell $? "control: none without dropout"

# no table of angles stands in a program
cat > "$work/turned.lua" << 'END'
local T = option("t", 16)
local d = data.npy { "rows", columns = { x = { "x.npy", T, 64 } } }
local first = nn.Linear(64)
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(fn.rotary(first(d.x), { heads = 2 }))), optim = optim.SGD { lr = 0.1 } }
END
bytes() { ./gagen -t c -D t="$1" "$work/turned.lua" | wc -c; }
[ "$(bytes 4096)" -le $(($(bytes 16) + 1000)) ]; tell $? "rotary positions are computed: $(bytes 16) bytes for 16 positions, $(bytes 4096) for 4,096"

# ---- ACCEPTANCE's case 54: 50 updates at accumulate = 4, with ragged tails, beside PyTorch
want="tests/reference/transformers.txt --case"
limits="--loss 1e-9 --gradient 1e-9 --weight 1e-9"
updates=50
probe() { "$work/$1" hashed=108 "$2" "$3" $updates 1 20 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }
# whole NET: in double
whole() {
    prober "$1" "tests/transformers/$1.lua" gagen_double && probe "$1" hashed 2 || return
    # shellcheck disable=SC2086
    yes "54. $1, C: 50 losses, gradients of updates 1 and 20 and the weights are PyTorch's to 1e-9" \
        compare "$work/$1.got" $want "$1 double" $limits
    probe "$1" nudged=1 2
    no "54. $1: first weights that are 2^-22 off, in the losses" compare "$work/$1.got" $want "$1 double" --loss 1e-9
    no "54. $1: first weights that are 2^-22 off, in the weights" compare "$work/$1.got" $want "$1 double" --weight 1e-9
}
for net in gpt seq2seq encoder lora; do whole $net; done

# in float: the first losses, and the gradients of update 20 from the weights that float has by then
if prober gpt_float tests/transformers/gpt.lua gagen && probe gpt_float hashed 2; then
    yes "54. gpt, in float: ten losses are PyTorch's in double to 1e-6" compare "$work/gpt_float.got" $want "gpt double" --loss 1e-6 --updates 10
    no "54. gpt, in float: losses times 1 + 2e-6" compare "$work/gpt_float.got" $want "gpt double" --loss 1e-6 --updates 10 --scale 1.000002
    "$work/gpt_float" hashed=108 hashed 2 19 save="$work/nineteen" > "$work/said"
    for build in gpt_float gpt; do "$work/$build" hashed=108 resume="$work/nineteen" 2 1 1 > "$work/$build.20"; done
    yes "54. gpt: gradients of update 20 in float and in double from the same weights" compare "$work/gpt_float.20" "$work/gpt.20" --tensor 1e-4
    no "54. gpt: one gradient times 1.001" compare "$work/gpt_float.20" "$work/gpt.20" --tensor 1e-4 --scale 1.001
fi

# in CUDA: the fourth of these updates has a ragged tail
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
if cuda_prober gpt_cuda tests/transformers/gpt.lua gagen_double; then
    updates=5
    probe gpt_cuda hashed 1
    yes "54. gpt, CUDA: $updates losses and the first gradient" compare "$work/gpt_cuda.got" $want "gpt double" --loss 1e-9 --gradient 1e-9 --updates $updates
    probe gpt_cuda nudged=1 1
    no "54. gpt, CUDA: first weights that are 2^-22 off" compare "$work/gpt_cuda.got" $want "gpt double" --loss 1e-9 --updates $updates
fi
finish

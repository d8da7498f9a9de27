#!/bin/sh
# recurrent.t -- nn.RNN, nn.LSTM and nn.GRU are PyTorch's: results, last values and gradients, from the same weights by name.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O0
limits="--gradient 1e-12 --tensor 1e-12 --loss 1e-12"
# reference PROGRAM OPTION...: what it computes is PyTorch's
reference() {
    "$work/$1" "$work/rows.csv" "$work/weights.safetensors" 2 1 1 > "$work/$1.got" 2> "$work/errors" || return 2
    local program=$1
    shift
    # shellcheck disable=SC2086
    compare "$work/$program.got" "$work/expect.txt" $limits "$@"
}
# layers CASE...: a program of these cases
layers() {
    # shellcheck disable=SC2086
    CASES=recurrent lua5.4 tests/op_model.lua "$work" "$@" && prober layers "$work/model.lua" gagen_double
}
# wrong WHAT SED...: a fault that the reference sees
wrong() {
    local what=$1
    shift
    sed "$@" "$work/layers.c" > "$work/off.c"
    cmp -s "$work/layers.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=model && no "$what" reference off
}

cases=$(CASES=recurrent lua5.4 tests/op_model.lua --list | awk '{ print $3 }')
# shellcheck disable=SC2086
layers $cases || finish
yes "$(echo $cases | wc -w) layers: layers, directions, first values, lengths, projections: PyTorch's to 1e-12" reference layers
no "the first gradient times 1 + 1e-6" reference layers --scale 1.000001

# ---- 50 updates at accumulate = 4, with ragged tails and ragged lengths
want="tests/reference/recurrent_nets.txt --case"
limits50="--loss 1e-9 --gradient 1e-9 --weight 1e-9"
probe() { "$work/whole" hashed=108 "$1" 2 50 1 20 > "$work/whole.got" 2> "$work/errors" || { tell 1 "it runs"; sed 's/^/# /' "$work/errors"; }; }
if prober whole tests/recurrent/classify.lua gagen_double && probe hashed; then
    # shellcheck disable=SC2086
    yes "an LSTM, a GRU and an RNN: 50 losses, gradients of updates 1 and 20 and the weights are PyTorch's to 1e-9" compare "$work/whole.got" $want "classify double" $limits50
    probe nudged=1
    no "first weights that are 2^-22 off, in the losses" compare "$work/whole.got" $want "classify double" --loss 1e-9
    no "first weights that are 2^-22 off, in the weights" compare "$work/whole.got" $want "classify double" --weight 1e-9
fi

# ---- first values, and dropout between layers alone
cat > "$work/deep.lua" << 'END'
local d = data.npy { "rows", columns = { x = { "x.npy", 5, 3 } } }
local net = nn.LSTM(16, { num_layers = 3, dropout = option("p", 0.5), bidirectional = true })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square((net(d.x)))), optim = optim.SGD { lr = 0.1 } }
END
dump() { ./gagen --dump=read_model -t c "$work/deep.lua" "$@"; }
[ "$(dump | grep -c '^  net.*uniform(-0.25, 0.25)')" -eq 24 ]; tell $? "3 layers of 2 directions have 24 parameters, first values below 1 / 4"
[ "$(dump | grep -c ' noise  *noise ')" -eq 2 ]; tell $? "dropout is after the first layer and after the second"
[ "$(dump -D p=0 | grep -c ' noise  *noise ')" -eq 0 ]; tell $? "control: none without dropout"

# ---- a fault for each part of a layer
layers lstm_ragged gru_ragged || finish
wrong "a direction that goes the other way" '0,/int turn = 5; turn-- > 0;/s//int turn = 0; turn < 5; turn++/'
wrong "a step after a sample's end counts" 's/\(? 1 : 0\)/\1/; s/\([a-z0-9]* \)< \(.*\) ? 1 : 0/\1<= \2 ? 1 : 0/'
finish

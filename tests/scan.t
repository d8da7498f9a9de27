#!/bin/sh
# scan.t -- fn.scan beside the same steps in a Lua loop (tests/models/scan.lua), forward and back, with a fault for each part of a loop.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O0
model=tests/models/scan.lua
limits="--gradient 1e-12 --tensor 1e-11 --loss 1e-12"
ask() { "$work/$1" hashed=20 hashed "$2" 3 1 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }

# equal WHAT OPTION...: both forms in double, losses and gradients of three windows, the last of them with a shorter micro-batch
equal() {
    local what=$1
    shift
    prober steps $model gagen_double "$@" && prober hand $model gagen_double "$@" -D scan=false || return
    ask steps 2 && ask hand 2
    # shellcheck disable=SC2086
    yes "$what" compare "$work/steps.got" "$work/hand.got" $limits
}

# broken WHAT SED...: a fault that `equal` sees
broken() {
    local what=$1
    shift
    sed "$@" "$work/steps.c" > "$work/off.c"
    cmp -s "$work/steps.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=scan && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/hand.got" $limits
}

equal "an LSTM's cell: two carries, a captured value, a parameter for each element, the carry left at the end" -D t=5
ask steps 1 && cp "$work/steps.got" "$work/one" && ask steps 3
yes "on 3 threads the same bits as on 1" cmp "$work/steps.got" "$work/one"
broken "a loop that ends one step before" 's/turn < 5;/turn < 4;/'
broken "a loop back that goes forward" 's/int turn = 5; turn-- > 0;/int turn = 0; turn < 5; turn++/'
broken "a step that reads what it carries on" 's/\[turn\], \(arena[^,]*\)\[turn + 1\]/[turn], \1[turn]/'
broken "a weight gradient of the states a step later" 's/\(d_weight(t, arena\.[a-z_0-9]*\),/\1 + 1,/'
equal "the last step first" -D t=5 -D back=true
equal "a norm, a softmax, products in the sample, the old carry as a result" -D t=4 -D kind=norm
equal "the same, the last step first" -D t=4 -D kind=norm -D back=true

equal "a number carried, a carry that no step changes" -D t=3 -D kind=thin
equal "one step" -D t=1

# a program is as long for 1,024 steps
lines() { ./gagen --verify -t c --library -D t="$1" $model | wc -l; }
[ "$(lines 1024)" -le $(($(lines 8) + 20)) ]; tell $? "1,024 steps are as many lines as 8: $(lines 1024), $(lines 8)"
[ "$(./gagen -t c --library -D t=16 -D scan=false $model | wc -l)" -gt $(($(lines 8) + 20)) ]; tell $? "control: steps of a Lua loop are not"

# ---- what outputs alone need of a step is computed with the step: the body of a loop is one
cat > "$work/asked.lua" << 'END'
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 6, 3 } } }
local w = nn.Linear(4)
local last, y = fn.scan(function(h, x) h = fn.tanh(w(x) + h); return h, { h, fn.exp(h) } end, fn.const(0, 4), d.x)
train { data = d, micro_batch = 4, accumulate = 2, steps = 3, minimize = fn.mean(fn.square(y[1])), optim = optim.SGD { lr = 0.1 },
  predict = { two = fn.sum(y[2], { axis = { 2, 3 } }) } }
END
loops() { ./gagen --verify -t c --dump=schedule "$work/asked.lua" | awk '/^[a-z]/ { list = $1 } / loop / { n[list]++ } END { print n["micro-step"], n["outputs"] + 0 }'; }
[ "$(loops)" = "2 1" ]; tell $? "a loop forward, a loop back, and a loop for outputs: $(loops)"

# ---- options that change the graph between
prober hand $model gagen_double -D t=4 -D scan=false && ask hand 2
for given in "-D recompute=all" "-D nonfinite=drop_micro" "--allocate --no-share"; do
    # shellcheck disable=SC2086
    prober steps $model gagen_double -D t=4 $given && ask steps 2
    # shellcheck disable=SC2086
    yes "$given: the same" compare "$work/steps.got" "$work/hand.got" $limits
done

# ---- CUDA: launches in a loop, products of the library that move with it
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
cuda_prober device $model gagen_double -D t=4
"$work/device" hashed=20 hashed 1 3 1 > "$work/device.got" 2> "$work/errors" || { tell 1 "CUDA runs"; head -n 3 "$work/errors" | sed 's/^/# /'; }
# shellcheck disable=SC2086
yes "CUDA: the gradients of a Lua loop" compare "$work/device.got" "$work/hand.got" --gradient 1e-12 --tensor 1e-10 --loss 1e-12
sed 's/\(gg_matmul_turn(&k[0-9]*\), turn)/\1, 0)/' "$work/device.cu" > "$work/still.cu"
emulated still gagen_double tests/probe.c scan && "$work/still" hashed=20 hashed 1 3 1 > "$work/still.got" 2> "$work/errors"
# shellcheck disable=SC2086
no "CUDA: products that stay at their first turn" compare "$work/still.got" "$work/hand.got" --gradient 1e-12 --tensor 1e-10 --loss 1e-12
finish

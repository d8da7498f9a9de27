#!/bin/sh
# head.t -- case 42: logits in pieces of rows (tests/models/head.lua) have the losses and gradients of whole ones, in C and in CUDA; the bits
# do not depend on threads; no buffer has all logits, with 50,000 classes.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/head.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
ask() { "$work/$1" hashed=5 hashed "$2" 1 1 > "$work/$1.got" 2> "$work/errors" || { tell 1 "$1 runs"; sed 's/^/# /' "$work/errors"; }; }

# equal WHAT OPTION...: 5 pieces and whole in double, 13 positions: the last piece has one; the window's last micro-batch is shorter
equal() {
    local what=$1
    shift
    quick prober cut $model gagen_double -D head_pieces=5 "$@" && quick prober whole $model gagen_double -D head_pieces=1 "$@" || return
    ask cut 2 && ask whole 2
    # shellcheck disable=SC2086
    grep -q ' head  .* in 5 pieces' "$work/cut.c" && yes "42. $what" compare "$work/cut.got" "$work/whole.got" $limits
}
equal "a tied head" -D tied=true
equal "ignored rows, micro-batches may be dropped" -D ignore=3 -D nonfinite=drop_micro
equal "soft caps, smoothing, squares of log(sum(exp)), an output; rematerialised" -D softcap=5 -D smoothing=1 -D z=1 -D predict=true -D recompute=all
equal "cross entropy"
ask cut 1 && cp "$work/cut.got" "$work/one" && ask cut 3
yes "on 3 threads the same bits as on 1" cmp "$work/cut.got" "$work/one"

# ---- controls
broken() {
    local what=$1
    shift
    sed "$@" "$work/cut.c" > "$work/off.c"
    cmp -s "$work/cut.c" "$work/off.c" && tell 1 "control: $what: nothing was planted"
    quick compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=head && ask off 2
    # shellcheck disable=SC2086
    no "$what" compare "$work/off.got" "$work/whole.got" $limits
}
broken "a piece is skipped" 's/k[0-9]*_to_k[0-9]*_calls(t, m, 1, arena.h3,/if (0) &/'
broken "the weight's gradient is the last piece's" 's/_matmul_d_weight(t, 1);/_matmul_d_weight(t, 0);/'

# ---- single precision
prober cut $model gagen -D head_pieces=5 && quick prober whole $model gagen -D head_pieces=1 && ask cut 2 && ask whole 2
yes "42. in single precision" compare "$work/cut.got" "$work/whole.got" --gradient 1e-6 --loss 1e-6

# ---- CUDA
on_device() {
    local what=$1
    shift
    cuda_prober device $model gagen_double -D head_pieces=5 "$@" && quick prober whole $model gagen_double -D head_pieces=1 "$@" && ask whole 2 || return
    # shellcheck disable=SC2086
    yes "42. CUDA, all orders: $what" emu_orders sh -c "$work/device hashed=5 hashed 1 1 1 > $work/device.got && lua5.4 tests/compare.lua $work/device.got $work/whole.got $limits"
}
on_device "a tied head" -D tied=true
on_device "cross entropy"

# ---- memory: all values of a micro-step together take less than the logits
kib() { ./gagen -t "$1" -D classes=50000 -D t=64 -D head_pieces="$2" $model | sed -n 's/.*arena \([0-9 ]*\)KiB.*/\1/p' | tr -d ' '; }
logits=$((3 * 64 * 50000 * 4 / 1024))
for target in c cuda; do
    cut=$(kib $target 8)
    [ "$cut" -gt $((logits / 8)) ] && [ "$cut" -lt "$logits" ]; tell $? "42. $target: 50,000 classes: $cut KiB are less than $logits KiB of logits"
    [ "$(kib $target 1)" -gt "$logits" ]; tell $? "control: 42. $target: not where they are whole"
done
./gagen plan -t c -D classes=50000 -D t=64 $model > "$work/plan"
grep -q '    logits of line 7 in 3 pieces of up to 66 rows' "$work/plan"; tell $? "so many are cut without being told, and gagen plan says so"
no "few are not" sh -c "./gagen plan -t c $model | grep 'logits of'"
finish

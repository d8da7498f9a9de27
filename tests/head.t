#!/bin/sh
# head.t -- case 42: logits in pieces of rows (tests/models/head.lua) have the losses and gradients of whole ones, in C and in CUDA; the bits
# do not depend on threads; no buffer has all logits, with 50,000 classes.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/pair.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/head.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
one=cut other=whole one_options="-D head_pieces=5" other_options="-D head_pieces=1" build_one=quick build_other=quick

# cut_equal WHAT OPTION...: 5 pieces and whole in double, 13 positions: the last piece has one
cut_equal() {
    local what="42. $1"
    shift
    equal "$what" "$@"
    grep -q ' head  .* in 5 pieces' "$work/cut.c"; tell $? "in 5 pieces"
}
cut_equal "a tied head, soft caps, smoothing, squares of log(sum(exp)); rematerialised" -D tied=true -D softcap=5 -D smoothing=1 -D z=1 -D recompute=all
cut_equal "ignored rows, micro-batches may be dropped" -D ignore=3 -D nonfinite=drop_micro
cut_equal "cross entropy"
same_on_threads

# ---- controls
broken "a piece is skipped" 's/k[0-9]*_to_k[0-9]*_calls(t, m, 1, arena.h3,/if (0) &/'
broken "the weight's gradient is the last piece's" 's/_matmul_d_weight(t, 1);/_matmul_d_weight(t, 0);/'

# ---- single precision
library=gagen limits="--gradient 1e-6 --loss 1e-6"
equal "42. in single precision"
broken "in single precision: a piece is skipped" 's/k[0-9]*_to_k[0-9]*_calls(t, m, 1, arena.h3,/if (0) &/'
library=gagen_double limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"

# ---- outputs
mkdir -p "$work/rows"
lua5.4 - "$work/rows" <<'END'
local function write(name, kind, form, values, ...)
  local f, shape = assert(io.open(arg[1] .. "/" .. name, "wb")), table.concat({ ... }, ", ")
  local head = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s,), }"):format(kind, shape)
  f:write("\x93NUMPY\1\0", string.pack("<s2", head .. (" "):rep(117 - #head) .. "\n"))
  for i = 1, #values do f:write(string.pack(form, values[i])) end
  f:close()
end
local x, t = {}, {}
for i = 1, 7 * 13 * 24 do x[i] = math.sin(i * i) end
for i = 1, 7 * 13 do t[i] = i * i % 40 end
write("x.npy", "<f4", "<f", x, 7, 13, 24)
write("t.npy", "<i4", "<i4", t, 7, 13)
END
predicted() { "$work/$1" --data "$work" --load "$work/w.st" --predict "$work/rows" > "$work/$1.csv" 2> "$work/errors" && [ "$(wc -l < "$work/$1.csv")" -eq 8 ]; }
quick trainer whole $model -D head_pieces=1 -D predict=true && "$work/whole" --data "$work" --save "$work/w.st" > "$work/errors" 2>&1 && predicted whole
tell $? "whole logits predict"
quick trainer cut $model -D head_pieces=5 -D predict=true && predicted cut && cmp -s "$work/cut.csv" "$work/whole.csv"; tell $? "42. in pieces the outputs are the same"
sed 's/k[0-9]*_to_k[0-9]*_calls(t, arena.h9,/if (0) &/' "$work/cut.c" > "$work/off.c"
! cmp -s "$work/off.c" "$work/cut.c" && quick compile "$work/off" "$work/off.c" gagen && predicted off && ! cmp -s "$work/off.csv" "$work/whole.csv"
tell $? "control: 42. a piece of the outputs is skipped"

# ---- CUDA
on_device "42. CUDA, all orders: a tied head, ignored rows" -D tied=true -D softcap=5 -D ignore=3

# ---- memory: all values of a micro-step together take less than the logits
kib() { ./gagen -t "$1" -D classes=50000 -D t=64 -D predict=true -D head_pieces="$2" ${3:+-D dim=256 -D recompute=$3} $model | sed -n 's/.*arena \([0-9 ]*\)KiB.*/\1/p' | tr -d ' '; }
logits=$((3 * 64 * 50000 * 4 / 1024))
for target in c cuda; do
    cut=$(kib $target 8)
    [ "$cut" -gt $((logits / 8)) ] && [ "$cut" -lt "$logits" ]; tell $? "42. $target: 50,000 classes: $cut KiB are less than $logits KiB of logits"
    [ "$(kib $target 1)" -gt "$logits" ]; tell $? "control: 42. $target: not where they are whole"
done
few=$(kib c 8 1) many=$(kib c 8 none)
[ "$few" -lt "$many" ]; tell $? "42. a value that is small beside whole logits, but not beside a piece, is rematerialised: $few of $many KiB"
[ "$(kib c 1 1)" -eq "$(kib c 1 none)" ]; tell $? "control: 42. beside whole logits it is not"
./gagen plan -t c -D classes=50000 -D t=128 $model > "$work/plan"
grep -q '    logits of line 7 in 3 pieces of up to 129 rows' "$work/plan"; tell $? "so many are cut without being told, and gagen plan says so"
no "few are not" sh -c "./gagen plan -t c $model | grep 'logits of'"
./gagen -t c -D head_pieces=4 examples/mnist_mlp.lua 2> "$work/errors" > "$work/said"
grep -q '^examples/mnist_mlp.lua:[0-9]*: warning: train: head_pieces = 4 cuts nothing: ' "$work/errors"; tell $? "42. pieces that cut nothing are told"
./gagen -t c -D head_pieces=4 $model 2> "$work/errors" > "$work/said"; [ ! -s "$work/errors" ]; tell $? "control: 42. not where they cut"
finish

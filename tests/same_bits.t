#!/bin/sh
# same_bits.t -- tools/same-bits: a checkout has its own bits; another rounding in a formula, a renamed tensor, a lost model and a
# program that no longer runs are named, and the tool exits with 1. long/same_bits.t has other runtimes.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/same_bits.sh
one='window_sum.*early'
two="$one|window_tied.*batch=16"

bits 0 . "$off" --only="$two"; says $? "this checkout and a copy: equal texts, which need no run" ' 6 of 6 programs compared (6 have equal texts, 0 ran .* 0 differ), 0 not;'
[ -z "$(find "$off/build" -name 'same-bits.*')" ]; tell $? "nothing is left of it"
told() { sed -n 's/^same-bits: [0-9]* of \([0-9]*\) programs.*/\1/p' "$work/said"; }
bits 0 . "$off" --run --target=float --only="$one"; says $? "--run: it runs all the same" '(0 have equal texts, 1 ran and have equal bits'
sum=0
for third in 0 1 2; do
    bits 0 . "$off" --quick=$third --only=window_masked || tell 1 "--quick=$third"
    [ "$(told)" -lt 18 ] && sum=$((sum + $(told)))
done
[ $sum -eq 18 ]; tell $? "the three thirds of --quick are 18 programs together"

planted dsl/ops/activation.lua '/name = "tanh"/,/grad/s/gy \* (1 - y \* y)/(gy - gy * y * y)/'
bits 1 . "$off" --only="$two"; status=$?
says $status "three programs have equal texts, three differ" ' 6 of 6 programs compared (3 have equal texts, 0 ran and have equal bits, 3 differ), 0 not;'
for target in float double cuda; do
    says $status "control: another rounding in tanh's gradient, $target: $(sed -n "s/^differs: $target.* \(gradient 1 [^;]*\).*/\1/p" "$work/said" | head -n 1)" \
        "^differs: $target tests/models/window_tied.lua -D batch=16 -D micro_batch=4 -D steps=20.* gradient 1 layer.weight: element [0-9]*: [-0-9.e]* and [-0-9.e]* ("
done
[ "$(grep -c '^differs: ' "$work/said")" -eq 3 ]; tell $? "each difference is said once"
back

planted tests/models/window_sum.lua 's/local net /local nets /; s/net(rows/nets(rows/'
bits 1 . "$off" --target=float --only="$one"; says $? "control: a renamed tensor" '^differs: float tests/models/window_sum.lua .*gradient 1 net.weight: only OLD has it'
rm "$off/$file"
bits 1 . "$off" --target=float --only="$one"; says $? "control: a model that is gone" 'float tests/models/window_sum.lua .*only OLD writes it; NEW: there is no'
bits 0 "$off" "$off" --target=float --only="$two"; says $? "a program that neither side has is told, and not counted" '^not compared: float tests/models/window_sum.lua' ' 1 of 2 programs compared'
back

planted tests/probe.c 's/must(gg_update(/must(1); must(gg_update(/'
bits 1 . "$off" --target=float --only="$one"; says $? "control: a program that ends early" "differs: float .*only one side's program can launch; new"
for wrong in "" "." ". . ." ". . --only=nothing_of_this_name" "--quick=3 . ."; do
    # shellcheck disable=SC2086
    bits 2 $wrong; tell $? "exit 2: same-bits $wrong"
done
rm -rf "$off"
finish

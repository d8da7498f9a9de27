#!/bin/sh
# recompute.t -- case 36: values rematerialised for backward change no bit; what that saves; when it is asked for.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
window_data
model=tests/models/recompute.lua
arena() { ./gagen -t c --dump=join "$@" | awk '/^arena [0-9]/ { print $2 }'; }
run() { "$work/$1" "$data" - 2 2 1 2 > "$work/$1.out" 2> "$work/$1.said"; }

# ---- 36: the same bits, with dropout, norms, convolutions and residual sums
for level in none all; do prober users_$level $model gagen -D recompute=$level && run users_$level; done
[ -s "$work/users_none.out" ] && cmp -s "$work/users_none.out" "$work/users_all.out"; tell $? "36. as users build them, recompute = all: losses and gradients of two updates, bit for bit"
OPTIMIZE=-O1
prober none $model gagen -D recompute=none && run none
for level in 1 2 all; do
    prober again_$level $model gagen -D recompute=$level && run again_$level
    [ -s "$work/none.out" ] && cmp -s "$work/none.out" "$work/again_$level.out"; tell $? "36. recompute = $level: losses and gradients of two updates, bit for bit"
done
# bare NAME: the program without comments that begin a line
bare() { awk '/^\/\*/ { c = 1 } !c { print } /\*\// { c = 0 }' "$work/$1.c"; }
sed 's/^train {/train { recompute = 2,/' $model > "$work/recompute.lua"
generate "$work/stated.c" "$work/recompute.lua" --library && bare stated > "$work/stated" && bare again_2 | cmp -s - "$work/stated"
tell $? "recompute = 2 in train, a number, is -D recompute=2"
! bare again_1 | cmp -s - "$work/stated"; tell $? "control: and not level 1"
./gagen --library -o "$work/alone.c" -D recompute=2 --no-share $model
[ "$(grep -c '^static void k[0-9]*_[a-z0-9_]*_again(' "$work/alone.c")" -ge 3 ] && ! grep -q _again "$work/none.c"; tell $? "the program rematerialises values again: nothing has undone it"
prober apart $model gagen -D recompute=2 --no-reuse && run apart && cmp -s "$work/none.out" "$work/apart.out"
tell $? "36. and where every buffer has its own place"
# the noise of the second time under another key
awk '/^static void k[0-9]*_[a-z0-9_]*_again\(/ { on = 1 } /^}/ { on = 0 } on { sub(/\+ n, 0x/, "+ n + 1, 0x") } 1' "$work/alone.c" > "$work/off.c"
! cmp -s "$work/off.c" "$work/alone.c" && quick compile "$work/off" "tests/probe.c $work/off.c" gagen -DPROGRAM=recompute && run off
[ -s "$work/off.out" ] && ! cmp -s "$work/none.out" "$work/off.out"; tell $? "control: 36. a mask that is drawn anew is seen"

# ---- what it saves
none=$(arena -D recompute=none tests/models/chain.lua) all=$(arena -D recompute=all tests/models/chain.lua) dear=$(arena -D recompute=1 tests/models/chain.lua)
[ $((all * 3)) -lt "$none" ]; tell $? "a chain of 48 layers in less than a third: $all of $none numbers"
[ $((dear * 3)) -ge "$none" ]; tell $? "control: not where activations alone are rematerialised, $dear"
for n in 12 24 96; do
    wide=$(arena -D recompute=all -D depth=$n tests/models/chain.lua)
    yes "$n layers: as its root, $wide" awk -v n=$n -v a="$wide" -v b="$all" 'BEGIN { r = sqrt(n / 48); exit !(a < 1.25 * r * b) }'
done

# ---- when
memory() { ./gagen -t c -D micro_batch=16 --memory "$@" $model 2> "$work/errors" > "$work/out.c"; }
memory 1MB && ! grep -q '^   recompute ' "$work/out.c" && [ ! -s "$work/errors" ]; tell $? "memory where all fits: nothing is rematerialised, nothing said"
memory 540KB && grep -q 'recompute   what is cheap: [1-9]' "$work/out.c" && grep -q 'what is cheap .*chosen' "$work/errors"
tell $? "less: what is cheap, and the table says so"
bytes=$(awk -F '  +' '$2 == "what is cheap" { gsub(" ", "", $3); print $3 }' "$work/errors")
./gagen -t c --memory 11MB -D micro_batch=1024 tests/models/chain.lua 2> "$work/errors" | grep -q 'recompute   [3-9] pieces'; tell $? "a deep chain in less than that takes: pieces"
memory 100KB; [ $? -eq 1 ] && [ ! -s "$work/out.c" ] && grep -q 'micro_batch = 16 does not fit, by .*: with recomputation it takes' "$work/errors"
tell $? "too little: exit 1, by how much"
memory "$((bytes - 1))B" -D recompute=none; [ $? -eq 1 ] && grep -q 'does not fit, by [0-9.]* [KM]*i*B ([0-9 ]* bytes): it takes' "$work/errors"; tell $? "recompute = none: an error instead"
./gagen -t c --memory 100KB $model 2> "$work/errors" > "$work/out.c"; [ $? -eq 1 ] && grep -q 'not even micro_batch = 1 fits' "$work/errors"; tell $? "and where not even 1 fits"
least=$(awk -F '  +' '/^micro-batches/ { on = 1 } on && $2 == 1 { gsub(" ", "", $4); print $4; exit }' "$work/errors")
./gagen -t c --memory "${least}B" $model 2> "$work/errors" | grep -q 'batch 64 = 64 x 1,'; tell $? "1 fits with recomputation in $least bytes"
no "and without" ./gagen -t c --memory "${least}B" -D recompute=none $model
./gagen plan -D recompute=2 $model | grep -q '2 pieces .*chosen'; tell $? "gagen plan shows the level"

# ---- on a device
. tests/cuda/emu.sh
if command -v "$CXX" > /dev/null && emu_library; then
    for level in none 2; do cuda_prober device_$level $model gagen -D recompute=$level && "$work/device_$level" "$data" - 1 1 1 > "$work/device_$level.out"; done
    [ -s "$work/device_none.out" ] && cmp -s "$work/device_none.out" "$work/device_2.out"; tell $? "36. the same bits in CUDA"
    yes "and what C computes" compare "$work/device_2.out" "$work/none.out" --gradient 1e-5
fi
finish

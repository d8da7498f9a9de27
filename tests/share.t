#!/bin/sh
# share.t -- C: kernels that differ in what they touch alone are one function; no bit changes, however memory is laid out.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
window_data
rows=$data/rows_64
model=tests/models/share.lua
length() { ./gagen -t c "$@" | wc -l; }
functions() { ./gagen -t c "$@" | grep -c '^/\* k[0-9]*  '; }
run() { "$work/$1" "$rows" - "$2" 2 1 2 > "$work/$1.out" 2> "$work/$1.said"; }
same() { [ -s "$work/${2:-alone}.out" ] && cmp "$work/${2:-alone}.out" "$work/$1.out"; }

# ---- what is written
alone=$(functions --no-share $model) shared=$(functions $model)
kernels=$(./gagen -t c --dump=partition $model | grep -c '^  k[0-9]')
[ "$alone" = "$kernels" ]; tell $? "--no-share: a function for each of $kernels kernels"
[ $((shared * 5)) -lt $((kernels * 2)) ]; tell $? "else $shared functions"
[ "$(functions -D depth=8 $model)" = "$shared" ]; tell $? "of twice the blocks no more"
[ "$(functions -D depth=8 --no-share $model)" -gt $((alone * 3 / 2)) ]; tell $? "control: but many more kernels"
for most in "mnist_mlp 450" "resnet18 3500" "gpt2_by_hand 1800"; do
    file=examples/${most% *}.lua
    [ -f "$file" ] || file=bench/models/${most% *}.lua
    lines=$(length -D head_pieces=1 "$file")
    [ "$lines" -gt 0 ] && [ "$lines" -le "${most#* }" ]; tell $? "${most% *}.c has $lines lines, ${most#* } at most"
done
./gagen -t c $model > "$work/text.c"
# calls in a comment's range, "k10 to k16": a line for each number
awk 'match($0, /k[0-9]+ to k[0-9]+ \*\//) { split(substr($0, RSTART, RLENGTH), at, /[k ]+/); for (i = at[2]; i <= at[4]; i++) print "k" i }' "$work/text.c" > "$work/ranges"
for id in $(seq "$kernels"); do
    grep -q "^/\* k$id  \|[;*] also.*\bk$id\b\|^   .*\bk$id\b.*\*/" "$work/text.c" &&
        { grep -q "^    k${id}_\|[; ] *.*/\* k$id\( \|  .*\)\*/$" "$work/text.c" || grep -qx "k$id" "$work/ranges"; } || echo "k$id"
done > "$work/missing"
[ ! -s "$work/missing" ]; tell $? "every kernel's number stands at a function and at a call"
for name in mnist_mlp mnist_cnn; do
    [ "$(functions examples/$name.lua)" -eq $(($(functions --no-share examples/$name.lua) - 1)) ]; tell $? "$name: its two sums are one function, each other kernel is its own"
done

[ "$(grep -c '^static void k[0-9]*_to_k[0-9]*_images' "$work/text.c")" -ge 2 ] && grep -q 'images_2: k[0-9]* to k[0-9]* \*/' "$work/text.c"; tell $? "a block is a function of several calls, named by its layer"
./gagen -t c --no-share $model | grep -q '_to_k[0-9]'; [ $? -eq 1 ]; tell $? "control: with --no-share there is none"

# ---- what it computes
prober alone $model gagen --no-share && run alone 1
prober shared $model gagen && run shared 1
yes "losses and gradients of two updates, bit for bit" same shared
run shared 3 && same shared; tell $? "with three threads"
prober apart $model gagen --no-reuse && run apart 2
yes "where every buffer has its own place" same apart
prober lone_again $model gagen -D recompute=all --no-share && run lone_again 1
prober again $model gagen -D recompute=all && run again 2
yes "where values are rematerialised" same again lone_again

# wrong NAME SCRIPT WHAT: the program that sed has changed
wrong() {
    sed "$2" "$work/shared.c" > "$work/$1.c"
    if cmp -s "$work/$1.c" "$work/shared.c"; then tell 1 "$3: there is none"; return; fi
    quick compile "$work/$1" "tests/probe.c $work/$1.c" gagen -DPROGRAM=share && run "$1" 1
    no "$3" same "$1"
}
wrong block 's/^\(    K[0-9]*_TO_K[0-9]*_IMAGES(\)1, arena\.images_0_add/\10, arena.images_0_add/' "a block that is called with what is another's"
wrong noise 's/, 0x[0-9a-f]*u\([,)]\)/, 0x12345678u\1/' "noise under another key"
wrong adds 's/\(g\.vectors_3\.scale, \)beta)/\10)/' "a gradient that every micro-step stores"

# ---- steps in turn share functions, too
model=tests/models/gan.lua
[ "$(functions $model)" -lt "$(functions --no-share $model)" ]; tell $? "two steps have functions in common"
lua5.4 - "$work" << 'EOF'
local hashed = dofile("tests/hashed.lua")
hashed.csv(arg[1] .. "/rows.csv", 53, { { "x", 4, 1 }, { "z", 3, 2 } })
hashed.safetensors(arg[1] .. "/start.safetensors", { { "disc.0.weight", 11, 4 }, { "disc.0.bias", 11 }, { "disc.2.weight", 1, 11 },
  { "disc.2.bias", 1 }, { "gen.0.weight", 9, 3 }, { "gen.0.bias", 9 }, { "gen.2.weight", 4, 9 }, { "gen.2.bias", 4 } }, 10)
EOF
run() { (cd "$work" && "./$1" rows.csv - 1 6 6) > "$work/$1.out" 2> "$work/$1.said"; }
prober alone $model gagen --no-share && run alone
prober shared $model gagen && run shared
yes "and compute the same" same shared
finish

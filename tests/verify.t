#!/bin/sh
# verify.t -- every verifier of a graph takes what the stages give, and finds what is broken on purpose, by its rule.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
objects=$(find build/gen -name '*.o' ! -path build/gen/main.o)
lua=$(make -s print-lua)
# shellcheck disable=SC2086
$CC -std=gnu11 -O1 -Wall -Wextra -Igen -o "$work/verify" tests/verify.c $objects $lua -lm -ldl 2> "$work/errors"; tell $? "the driver builds"
yes "nothing broken: all hold" "$work/verify" nothing
"$work/verify" > "$work/list"
[ "$(wc -l < "$work/list")" -gt 40 ]; tell $? "there are $(wc -l < "$work/list") ways to break it"
while IFS='|' read -r damage stage rule; do
    "$work/verify" "$damage" > "$work/said" 2>&1
    [ $? -gt 128 ] && grep -qF "$rule" "$work/said" && { [ "$damage" = adjoint ] || grep -q "after $stage" "$work/said"; }; tell $? "control: $stage: $damage: $rule"
    grep -qF "$rule" "$work/said" || sed 's/^/# /' "$work/said"
done < "$work/list"

# ---- every verifier is broken, here or by verify_kernels.t
# unbroken FILE: the stages of its table that have a verifier, and in neither driver's list a case
sed -n 's/^    { "[a-z_]*", "\([a-z_]*\)", .*/\1/p' tests/verify.c tests/verify_kernels.c | sort -u > "$work/broken"
unbroken() {
    tr -s '\n ' ' ' < "$1" | sed 's/{ "/\n&/g' |
        sed -n 's/^{ "\([a-z_]*\)", "[^"]*", [A-Z_]*, run_[a-z_]*, verify_[a-z_]*, .*/\1/p' > "$work/verified"
    grep -vxFf "$work/broken" "$work/verified"
}
missing=$(unbroken gen/main.c)
[ -z "$missing" ] && [ "$(wc -l < "$work/verified")" -gt 10 ]; tell $? "each of the $(wc -l < "$work/verified") stages with a verifier has a case $missing"
sed 's/^    { "order", .*/    { "fuse", "what is made together", EACH_STEP, run_fuse, verify_fused, print_graph },\n&/' gen/main.c > "$work/main.c"
[ "$(unbroken "$work/main.c")" = fuse ]; tell $? "control: one more stage with a verifier has none"

# ---- the option: nothing is said, nothing changes
for model in tests/golden/*.lua tests/models/recompute.lua tests/models/gan.lua; do
    for target in c cuda; do
        ./gagen -t $target "$model" > "$work/plain" && ./gagen -t $target --verify "$model" > "$work/verified" 2> "$work/errors"
        [ -s "$work/plain" ] && [ ! -s "$work/errors" ] && cmp -s "$work/plain" "$work/verified"; tell $? "$model, $target: --verify changes nothing"
    done
done
finish

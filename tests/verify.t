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

# ---- the option: nothing is said, nothing changes
for model in tests/golden/*.lua tests/models/recompute.lua tests/models/gan.lua; do
    for target in c cuda; do
        ./gagen -t $target "$model" > "$work/plain" && ./gagen -t $target --verify "$model" > "$work/verified" 2> "$work/errors"
        [ -s "$work/plain" ] && [ ! -s "$work/errors" ] && cmp -s "$work/plain" "$work/verified"; tell $? "$model, $target: --verify changes nothing"
    done
done
finish

#!/bin/sh
# verify_kernels.t -- every verifier of lower/ takes what its stage gives, and finds what is broken on purpose, by its rule.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
objects=$(find build/gen -name '*.o' ! -path build/gen/main.o)
lua=$(make -s print-lua)
# shellcheck disable=SC2086
$CC -std=gnu11 -O1 -Wall -Wextra -Igen -o "$work/verify" tests/verify_kernels.c $objects $lua -lm -ldl 2> "$work/errors"; tell $? "the driver builds"
yes "nothing broken: all hold" "$work/verify" nothing
"$work/verify" > "$work/list"
[ "$(wc -l < "$work/list")" -gt 50 ]; tell $? "there are $(wc -l < "$work/list") ways to break it"
while IFS='|' read -r damage stage rule; do
    "$work/verify" "$damage" > "$work/said" 2>&1
    [ $? -gt 128 ] && grep -q ": $stage: .*$rule" "$work/said"; tell $? "control: $stage: $damage: $rule"
    grep -q ": $stage: .*$rule" "$work/said" || sed 's/^/# /' "$work/said"
done < "$work/list"

# ---- all that is said of layouts holds for every model, for both targets, where values are rematerialised, too
for model in tests/models/*.lua examples/*.lua; do
    grep -q '^ *train' "$model" || continue
    for options in "-t c" "-t cuda" "-t c -D recompute=all" "-t cuda --no-reuse"; do
        # shellcheck disable=SC2086
        ./gagen $options --verify "$model" > /dev/null 2> "$work/errors" || ! grep -q 'bug of' "$work/errors" || echo "$options $model: $(grep 'bug of' "$work/errors")"
    done
done > "$work/broken"
[ ! -s "$work/broken" ]; tell $? "it holds for all models and examples"
sed 's/^/# /' "$work/broken"
finish

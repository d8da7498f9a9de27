#!/bin/sh
# dumps.t -- what each stage gives for the small models of its folder: beside tests/STAGE/x.lua stands x.dump, what --dump=STAGE prints,
# every stage verified. A line "-- target: cuda" or "-- options: -D x=1" of a model says what else gagen is told. What is missing is written
# and fails, BLESS=1 writes all.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh

# dump STAGE MODEL: the dump of it
dump() {
    local target options
    target=$(sed -n 's/^-- target: //p' "$2") options=$(sed -n 's/^-- options: //p' "$2")
    # shellcheck disable=SC2086
    ./gagen -t "${target:-c}" $options --verify --dump="$1" "$2"
}

stages=$(./gagen --dump=? x.lua 2>&1 | sed 's/.*the stages are //; s/ (.*//' | tr -d ,)
models=0
for stage in $stages; do
    for model in tests/"$stage"/*.lua; do
        [ -f "$model" ] || continue
        models=$((models + 1)) want=${model%.lua}.dump got=$work/$stage.$(basename "$model" .lua)
        dump "$stage" "$model" > "$got" 2> "$work/errors" || { tell 1 "gagen --dump=$stage $model"; sed 's/^/# /' "$work/errors"; continue; }
        if [ -n "${BLESS:-}" ]; then cp "$got" "$want"; fi
        if [ ! -f "$want" ]; then cp "$got" "$want"; tell 1 "$want: was not there, written now"; continue; fi
        cmp -s "$want" "$got"; tell $? "$stage: $(sed -n '1s/^-- [a-z_]*\.lua -- //p' "$model")"
        cmp -s "$want" "$got" || diff "$want" "$got" | head -n 20 | sed 's/^/# /'
    done
    [ ! -d "tests/$stage" ] || [ -f "$model" ]; tell $? "tests/$stage, where there is one, has models"
done
[ "$models" -ge 12 ]; tell $? "$models models"
for folder in tests/*/; do
    for dump in "$folder"*.dump; do [ ! -f "$dump" ] || [ -f "${dump%.dump}.lua" ] || echo "$dump"; done
done > "$work/alone"
[ ! -s "$work/alone" ]; tell $? "every dump has its model  # $(cat "$work/alone")"

# a stage that gives something else is seen: each dump of one stage beside what the stage before it gives
first=$(echo "$stages" | cut -d' ' -f1)
for model in tests/differentiate/*.lua; do
    dump "$first" "$model" > "$work/other" && ! cmp -s "$work/other" "${model%.lua}.dump"; tell $? "control: $model: not what $first gives"
done
sed 's/ \* 3/ * 2/' tests/read_model/shapes.lua > "$work/shapes.lua" && ! cmp -s "$work/shapes.lua" tests/read_model/shapes.lua
dump read_model "$work/shapes.lua" > "$work/other" && [ -s "$work/other" ] && ! cmp -s "$work/other" tests/read_model/shapes.dump; tell $? "control: another number in the model"
finish

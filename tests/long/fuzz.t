#!/bin/sh
# fuzz.t -- mutants of models, data files, checkpoints and logs, under ASan and UBSan, from fixed seeds; gagen ops of every name.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/fuzz/build.sh
yes "gagen with ASan and UBSan" fuzz_gagen
yes "the runtime with ASan and UBSan" fuzz_runtime
fuzzed() { lua5.4 tests/fuzz/fuzz.lua "$@"; }
# fuzz KIND SEED COUNT: as a fact
fuzz() {
    fuzzed "$@" > "$work/said" 2>&1; tell $? "$(sed -n 's/^\(not \)*ok - //p' "$work/said")"
    grep '^#' "$work/said"
}
fuzz models 11 400
fuzz readers 12 700
fuzz checkpoints 13 300
fuzz logs 14 300

# ---- gagen ops, of every name
wrong=
for op in $(./gagen ops | cut -d ' ' -f 1); do
    ASAN_OPTIONS=detect_leaks=0 build/fuzz/gagen ops "$op" > "$work/out" 2>&1 && [ "$(wc -l < "$work/out")" -ge 3 ] || wrong="$wrong $op"
done
[ -z "$wrong" ]; tell $? "gagen ops NAME of $(./gagen ops | wc -l) names: no report$wrong"

# ---- controls: bugs that mutants must meet
FUZZ=$work/planted
export FUZZ
planted() { grep -q "$1" "$work/said" && grep -q "^not ok" "$work/said"; }
# pretend NAME TEXT: a gagen that misbehaves
pretend() { { echo '#!/bin/sh'; echo "$2"; } > "$work/$1" && chmod +x "$work/$1"; }
pretend crashes 'kill -SEGV $$'
pretend hangs 'while :; do :; done'
pretend halves 'echo "int main(void)"; echo "error: no more" >&2; exit 1'
pretend exits 'echo "error: x" >&2; exit 7'
pretend silent 'exit 1'
for kind in "crashes:it crashes" "hangs:it hangs" "halves:half an output" "exits:it exits 7" "silent:without a word"; do
    LIMIT=1 GAGEN=$work/${kind%:*} fuzzed models 1 2 > "$work/said" 2>&1
    planted "${kind#*:}"; tell $? "control: a gagen that ${kind%:*}: $(sed -n 's/^# //p' "$work/said" | head -n 1)"
done
# plant NAME FILE SED PROGRAM: build/fuzz/PROGRAM with a line of FILE changed
plant() {
    sed "$3" "$2" > "$work/$1.c" && ! cmp -s "$work/$1.c" "$2" && mkdir -p "$work/$1" && cp $fuzz/runtime/*.o "$work/$1/" &&
        $CC $fuzz_checks -Iruntime $fuzz_zlib -c "$work/$1.c" -o "$work/$1/$(echo "${2%.c}" | tr / _).o" 2> "$work/errors" &&
        $CC $fuzz_checks -Iruntime "tests/runtime/$4.c" "$work/$1"/*.o ${fuzz_zlib:+-lz} -lm -lpthread -o "$work/$1/program" 2> "$work/errors" || tell 1 "$1 compiles: $(head -n 1 "$work/errors")"
}
plant part runtime/entry.c 's/gg_write_tensor(t, flat, first + at, n, chunk)/gg_write_tensor(t, flat, first + at, n \/ 2, chunk)/' train_mlp
MLP=$work/part/program fuzzed checkpoints 3 400 > "$work/said" 2>&1
planted "is not what the file holds"; tell $? "control: half of each tensor is loaded: $(sed -n 's/^# //p' "$work/said" | head -n 1)"
finish

#!/bin/sh
# Augmentation: one draw a sample for all columns named, whatever the split, the threads and the target; training alone.
. tests/lib.sh
. tests/cuda/emu.sh
at=build/tests/data/augment
mkdir -p $at/mirrored
lua5.4 tests/augment/make.lua $at
lua5.4 tests/augment/make.lua $at/mirrored mirrored
# built NAME FORM OPTION...: the program, and its log
built() {
    local name=$1 form=$2
    shift 2
    trainer "$name" tests/augment/model.lua -D form=$form "$@" && ran "$name"
}
# ran NAME LOG OPTION...
ran() {
    local name=$1 log=$2
    shift; [ $# -gt 0 ] && shift
    "$work/$name" --log "$work/${log:-$name}.jsonl" "$@" > "$work/$name.out" 2>&1 || tell 1 "$name runs: $(tail -n 1 "$work/$name.out")"
}
# of NAME FIELD: least, greatest and mean of a field of its updates
of() { log_field "$work/$1.jsonl" "$2" | awk '{ if (NR == 1 || $1 < a) a = $1; if (NR == 1 || $1 > b) b = $1; s += $1 } END { printf "%.9g %.9g %.9g\n", a, b, s / NR }'; }
# within NAME FIELD LOW HIGH: all of them
within() {
    of "$1" "$2" > "$work/of"
    awk -v low="$3" -v high="$4" '{ exit !($1 >= low && $2 <= high) }' "$work/of"; local status=$?
    cat "$work/of"
    return $status
}
updates() { grep '^{"update"' "$work/$1.jsonl" | sed 's/,"ms":.*//'; }
updates_agree() { [ "$(updates "$1")" = "$(updates "$2")" ]; }
same() { [ -s "$work/$1.jsonl" ] && [ "$(log_facts "$work/$1.jsonl")" = "$(log_facts "$work/$2.jsonl")" ]; }

built both both && built one one && built crop crop && built noise noise
yes "two columns get the same draws" within both apart 0 0
no "one column alone parts from the other" within one apart 0 1
yes "a crop moves whole images, by whole places" within crop rigid 0 0
no "a flip is no move" within both rigid 0 0
of crop there > "$work/said"
awk '{ exit !($1 < 0.6 && $2 > 0.4 && $3 > 0.43 && $3 < 0.55) }' "$work/said"; tell $? "pad = 2 leaves 0.49 of 4 x 4 places: $(cat "$work/said")"
of noise spread > "$work/said"
awk '{ exit !($1 > 0.2 && $2 < 0.3 && $3 > 0.235 && $3 < 0.265) }' "$work/said"; tell $? "noise of std 0.5 has mean square 0.25: $(cat "$work/said")"
yes "around 0" within noise off -0.06 0.06
no "two columns have noise of their own" within noise apart 0 0

# ---- which draws ----
built micro both -D micro_batch=16 && built narrow both -D micro_batch=2
ran both threads --threads 1
ran both seed --seed 5
for p in micro narrow; do
    log_field "$work/both.jsonl" rigid > "$work/a"; log_field "$work/$p.jsonl" rigid > "$work/b"
    yes "$p: the same draws for every split" cmp "$work/a" "$work/b"
done
yes "for every --threads" same threads both
no "another seed has others" same seed both
[ "$(log_field "$work/crop.jsonl" there | sort -u | wc -l)" -gt 6 ]; tell $? "every epoch and every sample has its own"
"$work/both" --save "$work/half.st" --log "$work/half.jsonl" --steps 5 > "$work/out" 2>&1
ran both whole --steps 10
"$work/both" --save "$work/half.st" --log "$work/half.jsonl" --steps 10 --resume > "$work/out" 2>&1
yes "a run that is resumed goes on with its own" updates_agree half whole
no "one that begins anew is seen" updates_agree half threads

# ---- what they are ----
built flip flip
sed 's/shuffle = form ~= "none"/shuffle = true/' tests/augment/model.lua > "$work/shuffled.lua"
trainer plain "$work/shuffled.lua" && ran plain
ran plain mirrored --data $at/mirrored
yes "p = 1 trains as on mirrored files" updates_agree flip mirrored
no "not as on the files" updates_agree flip plain
[ "$(grep -c '"split":"valid".*"there":1' "$work/crop.jsonl")" -eq 4 ]; tell $? "validation sees whole images"
grep '"split":"valid"' "$work/crop.jsonl" | grep -q '"rigid":0,\|"off":0'; tell $? "as they are in the files"

# ---- CUDA ----
emu_library
for form in both noise; do
    cuda_trainer cuda_$form tests/augment/model.lua -D form=$form && ran cuda_$form
    for field in loss spread there; do
        log_field "$work/$form.jsonl" $field > "$work/a"; log_field "$work/cuda_$form.jsonl" $field > "$work/b"
        paste "$work/a" "$work/b" | awk '{ d = $1 - $2; if (d < 0) d = -d; m = $1 < 0 ? -$1 : $1; if (!(d <= 1e-5 * (1e-3 + m))) bad = 1 } END { exit bad || NR != 12 }'
        tell $? "CUDA, $form: the same $field"
    done
done
finish

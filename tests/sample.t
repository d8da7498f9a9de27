#!/bin/sh
# sample.t -- --sample: the logits of a prompt's last token, draws of their own, in both targets; samples during training.
OPTIMIZE=-O1
. tests/lib.sh
. tests/cuda/emu.sh
at=$work/data
mkdir -p "$at"
lua5.4 tests/tokens/text.lua "$at"
trainer c tests/tokens/sample.lua -D data="$at/text" && trainer without tests/tokens/sample.lua -D data="$at/text" -D able=false
trainer ids tests/tokens/sample.lua -D data="$at/ids" -D ids=true -D prompt=1,9
generate "$work/alone.c" tests/tokens/sample.lua --standalone -D data="$at/text" -D micro_batch=8 &&
    $CC -O1 "$work/alone.c" -lm -lpthread -o "$work/alone" 2> "$work/errors" || tell 1 "a standalone program compiles"
emu_library && cuda_trainer cuda tests/tokens/sample.lua -D data="$at/text"
same() { [ -s "$1" ] && cmp -s "$1" "$2"; }
ask() { p=$1; shift; "$work/$p" --load "$work/w.st" "$@"; }

# ---- training ----
rm -f "$work"/*.st*
for p in c without alone cuda; do "$work/$p" --log "$work/$p.jsonl" --save "$work/$p.st" > "$work/$p.out" 2>&1 || tell 1 "$p trains: $(tail -n 1 "$work/$p.out")"; done
[ "$(grep -c '^ab[a-f]\{5\}$' "$work/c.out")" -eq 3 ]; tell $? "a sample after each validation: $(grep '^ab' "$work/c.out" | tr '\n' ' ')"
yes "--standalone prints the same" test "$(grep '^ab\|^valid' "$work/c.out")" = "$(grep '^ab\|^valid' "$work/alone.out")"
yes "samples change nothing about training" test "$(log_facts "$work/c.jsonl")" = "$(log_facts "$work/without.jsonl")"
[ "$(grep -c '^ab[a-f]\{5\}$' "$work/cuda.out")" -eq 3 ] && paste "$work/c.jsonl" "$work/cuda.jsonl" |
    awk -F '"loss":' '{ d = $2 - $3; if (d < 0) d = -d; if (!(d < 1e-4)) bad = 1 } END { exit bad || NR != 18 }'
tell $? "CUDA trains on the same windows, and samples"
if command -v nm > /dev/null; then
    yes "a program that samples has the code" sh -c 'nm "$1" | grep -q gg_sample' sh "$work/c"
    no "one that cannot has none" sh -c 'nm "$1" | grep -q gg_sample' sh "$work/without"
fi
./gagen --standalone -t c -D able=false -D data=x tests/tokens/sample.lua > "$work/alone_without.c"
yes "nor has a standalone one" sh -c 'grep -q gg_sample_rows "$1" && ! grep -q gg_sample_rows "$2"' sh "$work/alone.c" "$work/alone_without.c"

# ---- the logits of the prompt's last token ----
cp "$work/c.st" "$work/w.st"
longest() { # PROGRAM: the largest logits' letters after prompts of 1 to 8 letters, and after 12, are those that a prediction has
    for n in 1 2 3 4 5 6 7 8 12; do
        head -c $n "$at/text" > "$work/prompt"
        tail -c 8 "$work/prompt" > "$work/window"
        real=$(wc -c < "$work/window")
        head -c 8 "$at/text" | tail -c $((8 - real)) >> "$work/window"
        tail -c 1 "$at/text" >> "$work/window"
        ask c --predict "$work/window" > "$work/logits.csv" || return 2
        drawn=$(ask "$1" --sample "$(cat "$work/prompt")" --tokens 1 --temperature 0 --threads 1 | tail -c 2)
        best=$(awk -F , -v at="$real" 'NR == 2 { for (v = 1; v <= 6; v++) { x = $((at - 1) * 6 + v); if (v == 1 || x > most) { most = x; best = v } }
            printf "%c", 96 + best }' "$work/logits.csv")
        [ "$drawn" = "$best" ] || { echo "after $n letters '$drawn', not '$best'"; return 1; }
    done
}
yes "the largest logit of a prompt's last letter, however long it is" longest c
yes "in CUDA too" longest cuda
sed 's/s->length) - 1;/s->length);/' runtime/sample.c > "$work/late.c" && ! cmp -s "$work/late.c" runtime/sample.c &&
    $CC -std=gnu11 -O1 -Iruntime "$work/late.c" "$work/c.c" -L. -lgagen $zlib -lm -lpthread -o "$work/late" 2> "$work/errors"
no "logits of the padding are others" longest late

# ---- draws ----
head -c 9 "$at/text" > "$work/window"
ask c --predict "$work/window" > "$work/logits.csv"
prompt=$(head -c 3 "$at/text")
draws() { ask c --sample "$prompt" --tokens 1 --samples 1500 --threads 1 --temperature 1 "$@" > "$work/draws"; }
drawn() { lua5.4 tests/tokens/drawn.lua "$work/logits.csv" 3 "$work/draws" "$@"; }
draws
yes "tokens are drawn as their logits say" drawn 1 6 1
no "other probabilities are seen" drawn 0.5 6 1
draws --temperature 0.5; yes "--temperature" drawn 0.5 6 1
draws --top-k 2;         yes "--top-k" drawn 1 2 1
draws --top-p 0.5;       yes "--top-p" drawn 1 6 0.5
no "another share is seen" drawn 1 6 0.9
draws --temperature 2 --top-k 4 --top-p 0.7; yes "all three" drawn 2 4 0.7
ask c --sample "$prompt" --samples 9 --tokens 20 --threads 1 > "$work/one"
[ "$(grep -v '^--' "$work/one" | sort -u | wc -l)" -eq 9 ]; tell $? "each continuation has draws of its own"
ask alone --sample "$prompt" --samples 9 --tokens 20 --threads 2 > "$work/two"
yes "whatever the threads and the micro-batch" same "$work/one" "$work/two"
ask c --sample "$prompt" --samples 9 --tokens 20 --seed 5 > "$work/two"
no "another seed draws others" same "$work/one" "$work/two"
"$work/c" --save "$work/c.st" --sample "$prompt" > "$work/one"
ask c --load "$work/c.st.best" --sample "$prompt" > "$work/two"
yes "--save: with the best weights" same "$work/one" "$work/two"

# ---- ids ----
"$work/ids" --steps 0 --save "$work/ids.st" > "$work/out" 2>&1
[ $? -eq 2 ] && grep -q 'the prompt of a sample has token 9, and the model says 6 classes' "$work/out"; tell $? "before it trains: $(cat "$work/out")"
"$work/without" --steps 0 --save "$work/ids.st" > "$work/out" 2>&1
"$work/ids" --load "$work/ids.st" --sample 1,2,3 --tokens 4 > "$work/out" 2>&1
grep -q '^1,2,3,[0-5],[0-5],[0-5],[0-5]$' "$work/out"; tell $? "ids: $(cat "$work/out")"

# ---- what cannot be ----
refused() {
    local status=$1 words=$2
    shift 2
    "$@" > "$work/out" 2> "$work/errors"
    [ $? -eq "$status" ] && grep -q -e "$words" "$work/errors" && [ ! -s "$work/out" ]; tell $? "$(cat "$work/errors")"
}
refused 1 "a sample has 'z', a character that the text lacks" ask c --sample az
refused 2 "the prompt of a sample is empty" ask c --sample ""
refused 2 "write 15496,11" "$work/ids" --load "$work/ids.st" --sample hello
refused 2 "the model names no logits of a next token" ask without --sample a
refused 2 "--sample needs the weights" "$work/c" --sample a
refused 2 "--sample excludes --eval, --predict, --export and --log" ask c --sample a --eval
refused 2 "--top-k and --top-p need --sample" ask c --top-k 5
refused 2 "--top-p 2: at most 1" ask c --sample a --top-p 2
refused 2 "--temperature x: not a number of at least 0" ask c --sample a --temperature x
sed 's/"chars":"abcdef"/"words":"abcdef"/' "$work/w.st" > "$work/bare.st"
refused 1 "bare.st: it has no vocabulary" "$work/c" --load "$work/bare.st" --sample a
sed 's/"chars":"abcdef"/"chars":"abcdeg"/' "$work/w.st" > "$work/other.st"
refused 1 "other.st: its weights are for a text of other characters" "$work/c" --load "$work/other.st" --steps 1
refused 1 "other.st: its weights are for a text of other characters" "$work/c" --save "$work/other.st" --resume
"$work/c" --load "$work/other.st" --predict "$at/text" > "$work/out" 2> "$work/errors"
[ $? -eq 1 ] && grep -q "is 'f', which is not in the vocabulary" "$work/errors"; tell $? "$(cat "$work/errors")"
finish

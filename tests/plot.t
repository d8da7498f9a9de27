#!/bin/sh
# plot.t -- gagen plot: pictures of runs from logs made here and from a program's own; what is no log is told by its line.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
data=$work/logs
mkdir -p "$data"

# a_log UPDATES LOSS RATE: a log whose loss begins at LOSS and is times RATE each update; a validation every tenth
a_log() {
    awk -v n="$1" -v loss="$2" -v rate="$3" 'BEGIN {
        for (i = 1; i <= n; i++) {
            printf "{\"update\":%d,\"epoch\":1,\"samples\":%d,\"loss\":%.9g,\"accuracy\":%.4f,\"lr\":0.001,\"grad_norm\":%.4g,\"ms\":1.5,\"time\":%.3f}\n",
                i, i * 64, loss, i / (n + 10), 1 / i, i * 0.002
            if (i % 10 == 0) printf "{\"split\":\"valid\",\"update\":%d,\"loss\":%.9g,\"accuracy\":%.4f}\n", i, loss * 1.2, i / (n + 20)
            loss *= rate
        }
        printf "{\"split\":\"test\",\"update\":%d,\"loss\":%.9g,\"accuracy\":0.9}\n", n, loss * 1.3
    }'
}
xml() { lua5.4 tests/xml.lua "$@"; }
has() { grep -q -F -e "$2" "$1"; }
plot() { ./gagen plot "$@" > "$work/out.svg" 2> "$work/err"; }

a_log 50 2 0.9 > "$data/steep.jsonl"
a_log 50 2 0.99 > "$data/flat.jsonl"

# ---- one log
plot "$data/steep.jsonl"; tell $? "a log is drawn"
yes "it is well-formed XML" xml "$work/out.svg"
sed 's/<text /<text <b /' "$work/out.svg" > "$work/broken.svg"
no "a tag inside a tag" xml "$work/broken.svg"
sed 's/<\/svg>//' "$work/out.svg" > "$work/broken.svg"
no "a tag that stays open" xml "$work/broken.svg"
for word in "steep.jsonl: 50 updates, 3200 samples, 0.1 s" "loss, logarithmic" ">accuracy<" ">lr<" ">grad_norm, logarithmic<" \
    ">updates<" ">samples<" ">seconds<" "prefers-color-scheme: dark"; do
    yes "it says $word" has "$work/out.svg" "$word"
done
no "a metric that is not there" has "$work/out.svg" ">rmse<"
grep -q "<script\|href=\|url(" "$work/out.svg"; [ $? -eq 1 ]; tell $? "it needs nothing else: no script, no link"

# Three panels hold a training line of 50 points each, a line of 5 validations and 5 dots, and a test.
points() { grep -o 'd="M[^"]*"' "$work/out.svg" | awk -v n="$1" '{ if (gsub(/[ML]/, "&") == n) c++ } END { print c + 0 }'; }
[ "$(points 50)" = 12 ]; tell $? "four metrics on three axes: 12 lines of 50 points, $(points 50)"
[ "$(points 5)" = 6 ]; tell $? "validation: 6 lines of 5 points"
[ "$(grep -c '<circle' "$work/out.svg")" = 30 ]; tell $? "and 30 dots"
[ "$(points 49)" = 0 ]; tell $? "control: none of 49"

# The first point of lr, a constant, is half way up; of loss, the highest, a twentieth of the range below the top.
plot "$data/flat.jsonl"
has "$work/out.svg" ">loss<" && no "a flat loss is not logarithmic" has "$work/out.svg" "loss, logarithmic"
panel=$(grep -o '<rect class="frame"[^>]*>' "$work/out.svg" | head -n 1 | sed 's/.* x="\([0-9.]*\)" y="\([0-9.]*\)" width="\([0-9]*\)" height="\([0-9]*\)".*/\1 \2 \3 \4/')
first=$(grep -o 'd="M[^"]*"' "$work/out.svg" | head -n 1 | sed 's/d="M\([0-9.]*\) \([0-9.]*\)L.*/\1 \2/')
place() { echo "$panel $first $1" | awk '{ x = $1 + $3 / 50; y = $2 + $4 * $7 / 1.1; exit !($5 - x < 0.06 && x - $5 < 0.06 && $6 - y < 0.06 && y - $6 < 0.06) }'; }
# flat's largest value is valid's? No: 1.2 * 2 * 0.99^9 = 2.19 at update 10, above train's 2; the least is train's last.
high=$(awk 'BEGIN { top = 1.2 * 2 * 0.99 ^ 9; low = 2 * 0.99 ^ 49; print 0.05 + (top - 2) / (top - low) }')
yes "update 1 stands where its numbers say" place "$high"
no "a place a tenth lower" place "$(awk -v h="$high" 'BEGIN { print h + 0.1 }')"

# ---- several
plot "$data/steep.jsonl" "$data/flat.jsonl"
yes "two logs: well-formed" xml "$work/out.svg"
yes "the first is named" has "$work/out.svg" "steep.jsonl: 50"
yes "the second is named" has "$work/out.svg" "flat.jsonl: 50"
[ "$(grep -o 'stroke="#[0-9a-f]*"' "$work/out.svg" | sort -u | wc -l)" = 2 ]; tell $? "each has a colour"
./gagen plot -o "$work/file.svg" "$data/steep.jsonl" "$data/flat.jsonl" && cmp -s "$work/file.svg" "$work/out.svg"
tell $? "-o FILE: the same bytes"

# ---- long ones
a_log 100000 2 0.99995 > "$data/long.jsonl"
start=$(date +%s%N)
plot "$data/long.jsonl"; tell $? "100,000 updates"
ms=$((($(date +%s%N) - start) / 1000000))
[ $ms -lt 4000 ]; tell $? "in seconds  # $ms ms"
[ "$(wc -c < "$work/out.svg")" -lt 300000 ]; tell $? "the picture stays small  # $(wc -c < "$work/out.svg") bytes"
yes "well-formed" xml "$work/out.svg"

# ---- logs as they happen to be
{ head -n 20 "$data/steep.jsonl"; printf '{"update":99,"epoch":1,"sam'; } > "$data/cut.jsonl"
plot "$data/cut.jsonl" && has "$work/out.svg" "cut.jsonl: 19 updates"; tell $? "a last line that is cut: the run is going on"
{ sed -n '1,15p' "$data/steep.jsonl"; sed -n '16,18p' "$data/steep.jsonl" | sed 's/"loss":[^,]*/"loss":NaN/; s/"grad_norm":[^,]*/"grad_norm":Infinity/'; sed -n '19,40p' "$data/steep.jsonl"; } > "$data/nan.jsonl"
plot "$data/nan.jsonl" && xml "$work/out.svg" > "$work/said" && has "$work/out.svg" "6 values are not finite"; tell $? "NaN and Infinity open a gap and are counted"
grep -i -q 'd="[^"]*nan\|d="[^"]*inf' "$work/out.svg"; [ $? -eq 1 ]; tell $? "no coordinate is NaN"
sed -n '1,6p' "$data/steep.jsonl" | sed '4,$s/"time":[0-9.]*/"time":0.001/' > "$data/resumed.jsonl"
plot "$data/resumed.jsonl" && has "$work/out.svg" "6 updates, 384 samples, 0.007 s"; tell $? "time goes on where a run was resumed"
head -n 1 "$data/steep.jsonl" > "$data/one.jsonl"
plot "$data/one.jsonl" && xml "$work/out.svg" > "$work/said"; tell $? "a log of one update"
printf '{"split":"train","update":7,"loss":0.5}\n' > "$data/eval.jsonl"
plot "$data/eval.jsonl" && xml "$work/out.svg" > "$work/said"; tell $? "a log of an evaluation alone"
awk 'BEGIN { split("1e308 -1e308 5e-324 1e-99 1e99 2 2.0000000000000004", v, " "); for (i = 1; i <= 7; i++) printf "{\"update\":%d,\"samples\":%d,\"loss\":%s,\"lr\":%s,\"time\":0}\n", i, i, v[i], v[8 - i] }' > "$data/wild.jsonl"
for lines in 1,7 3,5 6,7 2,2 3,3; do
    sed -n "${lines}p" "$data/wild.jsonl" > "$data/some.jsonl"
    timeout 10 ./gagen plot "$data/some.jsonl" > "$work/out.svg" && xml "$work/out.svg" > "$work/said" && ! grep -i -q '="[^"]*\(nan\|inf\)[" ]\|[ML,]-\?\(nan\|inf\)' "$work/out.svg"; tell $? "values that have run away, lines $lines"
done
hostile='a<b>&"c".jsonl'
sed 's/accuracy/<\/svg>\&\x01\xff/' "$data/one.jsonl" > "$data/$hostile"
plot "$data/$hostile" && xml "$work/out.svg" > "$work/said"; tell $? "hostile names of files and reports"
has "$work/out.svg" "&lt;/svg&gt;&amp;??"; tell $? "are shown escaped"

# ---- what is no log
# refused TEXT LINE...: a log of these lines is refused with TEXT
refused() {
    local text=$1; shift
    printf '%s\n' "$@" > "$data/bad.jsonl"
    plot "$data/bad.jsonl"
    [ $? -eq 1 ] && [ ! -s "$work/out.svg" ] && has "$work/err" "$text"; tell $? "refused: $text"
    has "$work/err" "$text" || sed 's/^/# /' "$work/err"
}
good=$(head -n 1 "$data/steep.jsonl")
refused "bad.jsonl:2: error: no line of a log: expected '{'" "$good" "epoch 1  loss 2.3" "$good"
refused "bad.jsonl:2: error: no line of a log: expected ',' or '}'" "$good" '{"update":2 "samples":3}'
refused "bad.jsonl:1: error: no line of a log: a string does not end" '{"update'
refused "bad.jsonl:1: error: no line of a log: no number 'update'" '{"loss":1}'
refused "bad.jsonl:1: error: no line of a log: no number 'time'" '{"update":1,"samples":64,"loss":1}'
refused "bad.jsonl:1: error: no line of a log: 'samples' is -64" '{"update":1,"samples":-64,"loss":1,"time":0}'
refused "bad.jsonl:1: error: no line of a log: 'update' is nan" '{"update":NaN,"samples":64,"loss":1,"time":0}'
refused "bad.jsonl:1: error: no line of a log: a number that is none" '{"update":1e,"samples":64}'
refused "bad.jsonl:1: error: no line of a log: expected a number or a string" '{"update":[1],"samples":64}'
refused "bad.jsonl:1: error: no line of a log: unknown split 'dev'" '{"split":"dev","update":1,"loss":1}'
refused "bad.jsonl:1: error: no line of a log: something stands after '}'" "$good$good"
refused "bad.jsonl:2: error: no line of a log: update 1 stands after update 1: two runs in one file?" "$good" "$good"
refused "bad.jsonl:1: error: no line of a log: expected '{'" "" "$good"
: > "$data/empty.jsonl"
plot "$data/empty.jsonl"
[ $? -eq 1 ] && has "$work/err" "empty.jsonl: error: no update is in this log yet"; tell $? "refused: an empty one"
plot "$data/nowhere.jsonl"
[ $? -eq 1 ] && has "$work/err" "nowhere.jsonl: error: cannot open"; tell $? "refused: one that is not there"
plot; [ $? -eq 2 ] && has "$work/err" "no log file"; tell $? "no log: usage"
plot --library "$data/one.jsonl"; [ $? -eq 2 ] && has "$work/err" "gagen plot takes no --library"; tell $? "an option of another command"
./gagen plot "$data/one.jsonl" > /dev/full 2> "$work/err"; [ $? -eq 3 ]; tell $? "a full disk is told"

# ---- a program's own log
if trainer cars examples/multitask.lua; then
    "$work/cars" --epochs 3 --log "$data/cars.jsonl" > "$work/said" 2>&1; tell $? "a program writes a log"
    plot "$data/cars.jsonl" && xml "$work/out.svg" > "$work/said"; tell $? "which is drawn"
    for word in rmse accuracy valid test; do yes "with $word" has "$work/out.svg" "$word"; done
fi
finish

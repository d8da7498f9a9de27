#!/bin/sh
# migration.t -- what docs/migration.md says of gagen where other libraries differ: the norm of a clip is over all groups, a window that is not finite
# leaves no trace in the next ones, weights of rows divide by their sum or by rows as the model says. In C and in CUDA, each with its control.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
OPTIMIZE=-O0
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/migration.lua

# 96 rows, six windows; the fourth holds rows 49 to 64
cat > "$work/rows.lua" <<'END'
local h = dofile "tests/hashed.lua"
h.csv(arg[1], 96, { { "x", 6, 1 }, { "y", 1, 2 }, { "w", 1, 3, function(v) return math.abs(v) + 0.1 end }, { "b", 1, 4, function() return 1 end } })
END
lua5.4 "$work/rows.lua" "$work/rows.csv"
sed -i '1s/b1$/b/' "$work/rows.csv"
# bad NAME ROW...: the same with b = 0 there
bad() {
    awk -F, -v OFS=, -v rows=" $(shift; echo "$*") " 'index(rows, " " NR - 1 " ") { $9 = 0 } { print }' "$work/rows.csv" > "$work/$1.csv"
}
bad one 54
bad all 49 53 58 64
awk 'NR - 1 < 49 || NR - 1 > 64' "$work/rows.csv" > "$work/less.csv"
awk 'NR - 1 < 65 || NR - 1 > 80' "$work/rows.csv" > "$work/other.csv"

for target in c cuda; do
    case $target in
        c) file=c trainer=trainer part='s/BLOCKS - 1 ? [0-9]*/BLOCKS - 1 ? 16/' ;;
        cuda) file=cu trainer=cuda_trainer part='s/i < [0-9]* \&\& i < (blockIdx/i < 16 \&\& i < (blockIdx/' ;;
    esac
    # run NAME ROWS: its log, and the weights and momenta that it leaves
    run() { "$work/$1_$target" --data "$work/$2.csv" --log "$work/log" --save "$work/st" > "$work/out" 2>&1; }
    state() { run "$1" "$2" && tail -c 608 "$work/st" | cksum; }
    # edited NEW OLD SCRIPT: the program OLD with an edit; the text must have changed
    edited() {
        sed "$3" "$work/$2_$target.$file" > "$work/$1_$target.$file"
        if cmp -s "$work/$1_$target.$file" "$work/$2_$target.$file"; then tell 1 "the control $1 is another text"; return; fi
        case $target in
            c) compile "$work/$1_c" "$work/$1_c.c" gagen ;;
            cuda) emulated "$1_cuda" gagen ;;
        esac
    }
    # alike FIELD A B: a log's numbers are those of another one
    alike() {
        log_field "$2" "$1" > "$work/a"; log_field "$3" "$1" > "$work/b"
        paste "$work/a" "$work/b" | awk '{ d = $1 - $2; if (!(d <= 1e-5 * $2 && -d <= 1e-5 * $2)) bad = 1 } END { exit bad || NR != 6 }'
    }

    # ---- the norm is over all parameters of a step, whatever the groups
    $trainer two_$target $model
    $trainer one_$target $model -D groups=1
    edited first two "$part"
    run two rows; cp "$work/log" "$work/two.log"
    run one rows; cp "$work/log" "$work/one.log"
    grep -q 'weight_decay = 1e-30' "$work/two_$target.$file"; tell $? "$target: a rule makes two groups"
    yes "$target: the norm of two groups is that of one" alike grad_norm "$work/two.log" "$work/one.log"
    yes "$target: and so are the losses after clipped updates" alike loss "$work/two.log" "$work/one.log"
    log_field "$work/two.log" grad_norm | awk '!($1 > 0.06) { bad = 1 } END { exit bad || NR != 6 }'; tell $? "$target: each window is clipped"
    run first rows
    no "$target: a norm of the first parameters alone" alike grad_norm "$work/log" "$work/one.log"
    no "$target: which the losses tell, too" alike loss "$work/log" "$work/one.log"

    # ---- a window that is not finite leaves no trace in the next ones
    $trainer drop_$target $model -D nonfinite=drop_micro
    less=$(state two less)
    [ -n "$less" ] && [ "$(state two one)" = "$less" ]; tell $? "21. $target: the windows after one that is skipped are those of a run without it, bit for bit"
    log_field "$work/log" loss | awk 'NR > 4 && !($1 == $1 + 0 && $1 < 100) { bad = 1 } END { exit bad || NR != 6 }'; tell $? "21. $target: their losses are finite"
    [ "$(state two other)" != "$less" ]; tell $? "control: 21. $target: without another window they are not"
    less=$(state drop less)
    [ -n "$less" ] && [ "$(state drop all)" = "$less" ]; tell $? "21. $target: likewise where all of a window is dropped"
    edited unseen two '/DBL_MAX/d'
    run unseen one
    log_field "$work/log" loss | awk 'NR > 4 && $1 == $1 + 0 && $1 < 100 { good = 1 } END { exit good || NR != 6 }'; tell $? "control: 21. $target: where nobody looks none is finite again"

    # ---- weights of rows
    $trainer rows_$target $model -D by=rows
    run rows rows
    first() { log_field "$1" "$2" | head -n 1; }
    mean=$(awk -F, 'NR > 1 && NR <= 17 { w += $8 } END { printf("%.17g", w / 16) }' "$work/rows.csv")
    by_sum=$(first "$work/log" by_sum) by_rows=$(first "$work/log" by_rows)
    yes "$target: a mask of weights divides by their sum, a mean of weighted losses by rows" near "$by_rows" "$(echo "$by_sum $mean" | awk '{ printf("%.17g", $1 * $2) }')" 1e-5
    no "$target: the two are one" near "$by_rows" "$by_sum" 1e-2
    yes "$target: and so do their gradients" near "$(first "$work/log" grad_norm)" "$(echo "$(first "$work/two.log" grad_norm) $mean" | awk '{ printf("%.17g", $1 * $2) }')" 1e-5
    no "$target: their gradients are one" near "$(first "$work/log" grad_norm)" "$(first "$work/two.log" grad_norm)" 1e-2

    # ---- a constant of stated sizes as a layer's input
    $trainer times_$target $model -D zero=times
    run times rows
    yes "$target: a state that begins as fn.const(0, 3) is one of zeros by row" alike loss "$work/log" "$work/two.log"
done
finish

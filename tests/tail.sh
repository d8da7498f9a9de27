# tail.sh -- the gradient of a tail, for window.t and cuda_window.t, which have made tail_step and, divided by K, tail_off.

# numbers FILE: those of the gradient, one a line
numbers() { sed -n 's/^gradient [^ ]* [^ ]* [0-9]* //p' "$1" | tr ' ' '\n'; }

# tail_gradient THREADS: the third window's is that of its own 16 rows in one, in double, from the weights after the second
tail_gradient() {
    mkdir -p "$work/last" && sed 's/micro_batch = 8, accumulate = 4/batch = 16/; s/lr = 0.5/lr = 0/' $models/window_tail.lua > "$work/last/window_tail.lua"
    prober tail_last "$work/last/window_tail.lua" gagen_double
    "$work/tail_step" "$data/rows_80" "$data/perceptron.safetensors" "$1" 2 save="$work/tail.st" > "$work/said"
    "$work/tail_last" "$data/rows_80" "$work/tail.st" 1 5 5 | sed -n 's/^gradient 5/gradient 3/p' > "$work/tail_last.out"
    for of in step off; do "$work/tail_$of" "$data/rows_80" "$data/perceptron.safetensors" "$1" 3 3 > "$work/tail_$of.out"; done
    yes "11. the tail's gradient is the mean over its own 16 rows" compare "$work/tail_step.out" "$work/tail_last.out" --gradient 1e-6
    no "11. divided by K" compare "$work/tail_off.out" "$work/tail_last.out" --gradient 1e-6
    numbers "$work/tail_step.out" > "$work/tail.numbers"
    numbers "$work/tail_off.out" | paste - "$work/tail.numbers" | awk '$1 != 0.5 * $2 { bad = 1 } END { exit !(NR == 282 && !bad) }'
    tell $? "control: 11. which is exactly half of it"
}

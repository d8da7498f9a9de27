#!/bin/sh
# determinism.t -- the same input gives the same bytes, and the same bytes the same bits: whatever the threads, with and
# without reuse of memory, linked or in one file, in float as near to double as rounding allows.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
[ -d data/digits ] || make data/digits > "$work/said" 2>&1
GAGEN_DATA=$PWD/data
export GAGEN_DATA

# where MODEL: the data that the test gives it
where() { case $1 in mnist_*) echo data/digits ;; *) echo - ;; esac; }

# ---- the generator
cat > "$work/twenty.pl" <<'END'
use Time::HiRes qw(time);
my ($model, $slowest, %seen) = ($ARGV[0], 0);
for (1 .. 20) {
    my $begin = time;
    my $text = qx(./gagen -t c $model);
    my $took = time - $begin;
    $slowest = $took if $took > $slowest;
    $seen{$text}++;
}
my $cpu = (times)[2] + (times)[3];
printf "%d texts of %d bytes, %.1f ms of CPU each, the slowest %.1f ms by the clock\n",
    scalar(keys %seen), length((keys %seen)[0]), 50 * $cpu, 1000 * $slowest;
exit(keys %seen == 1 && length((keys %seen)[0]) > 1000 && 50 * $cpu < 50 ? 0 : 1);
END
for model in mnist_mlp mnist_cnn multitask; do
    yes "$model: 20 runs give the same bytes, under 50 ms each" perl "$work/twenty.pl" examples/$model.lua
done
./gagen -t c -D seed=1 examples/mnist_mlp.lua > "$work/seed.c"
./gagen -t c examples/mnist_mlp.lua | cmp -s - "$work/seed.c"; [ $? -ne 0 ]; tell $? "control: another seed, other bytes"

# ---- the program
for model in mnist_mlp mnist_cnn multitask; do
    at=$(where $model)
    prober ${model}_float examples/$model.lua gagen && prober ${model}_apart examples/$model.lua gagen --no-reuse &&
        prober ${model}_double examples/$model.lua gagen_double || continue
    "$work/${model}_float" "$at" - 1 3 1 save="$work/$model.st" > "$work/$model.1"
    for threads in 2 3; do
        "$work/${model}_float" "$at" - $threads 3 1 | cmp -s - "$work/$model.1"
        tell $? "$model: losses, gradients and weights of $threads threads are those of one, bit for bit"
    done
    for threads in 1 2; do
        "$work/${model}_apart" "$at" - $threads 3 1 | cmp -s - "$work/$model.1"
        tell $? "$model: with --no-reuse at $threads threads too"
    done
    "$work/${model}_double" "$at" - 2 3 1 | cmp -s - "$work/$model.1"; [ $? -ne 0 ]; tell $? "control: $model: double has other bits"
    for build in float double; do "$work/${model}_$build" "$at" "resume=$work/$model.st" 2 1 1 > "$work/$model.$build"; done
    yes "$model: every gradient in float is near that in double, from the same weights" \
        compare "$work/$model.float" "$work/$model.double" --tensor 1e-4
    no "$model: one gradient times 1.001" compare "$work/$model.float" "$work/$model.double" --tensor 1e-4 --scale 1.001
done

# ---- in one file
rm -rf "$work/empty"
mkdir -p "$work/empty"
./gagen --standalone -o "$work/empty/train.c" examples/mnist_mlp.lua
./gagen -o "$work/linked.c" examples/mnist_mlp.lua
# losses PROGRAM: its log, without what a clock said
losses() { "$1" --data data/digits --epochs 1 --log "$work/log.jsonl" > "$work/said" 2>&1 && log_facts "$work/log.jsonl"; }
for cc in gcc clang; do
    command -v $cc > /dev/null || continue
    (cd "$work/empty" && $cc -O3 -march=native train.c -o "train_$cc" -lm -lpthread) 2> "$work/errors"
    tell $? "--standalone builds in an empty directory with $cc"
    [ ! -s "$work/errors" ]; tell $? "without a word"
    $cc -O3 -march=native -Iruntime "$work/linked.c" runtime/*.c -o "$work/linked_$cc" -lm -lpthread 2> "$work/errors"
    losses "$work/linked_$cc" > "$work/linked.facts"
    losses "$work/empty/train_$cc" > "$work/alone.facts"
    grep -q '"loss"' "$work/alone.facts" && cmp -s "$work/alone.facts" "$work/linked.facts"
    tell $? "its losses are those of the linked program, bit for bit"
done
"$work/empty/train_gcc" --data data/digits --epochs 1 --seed 1 --log "$work/log.jsonl" > "$work/said" 2>&1
log_facts "$work/log.jsonl" > "$work/other.facts"
cmp -s "$work/alone.facts" "$work/other.facts"; [ $? -ne 0 ]; tell $? "control: another run has others"
finish

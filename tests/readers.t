#!/bin/sh
# Data as programs read it: NPY files train like the same rows in CSV, and files larger than memory are mapped.
. tests/lib.sh
. tests/cuda/emu.sh
at=build/tests/data
mkdir -p $at/npy $at/npy_test $at/large
lua5.4 tests/readers/make_npy.lua $at/npy 83 1
lua5.4 tests/readers/make_npy.lua $at/npy_test 21 2

# ---- the same rows, the same run ----
trainer npy tests/readers/npy.lua && trainer csv tests/readers/csv.lua
for p in npy csv; do "$work/$p" --log "$work/$p.jsonl" > "$work/$p.out" 2>&1 || tell 1 "$p trains: $(tail -n 1 "$work/$p.out")"; done
same() { [ -s "$1" ] && [ "$(log_facts "$1")" = "$(log_facts "$2")" ]; }
yes "NPY trains as the same rows in CSV do" same "$work/npy.jsonl" "$work/csv.jsonl"
[ "$(tail -n 1 "$work/npy.out")" = "$(tail -n 1 "$work/csv.out")" ]; tell $? "and so says the test set: $(tail -n 1 "$work/npy.out")"
cp $at/npy/x.npy "$work/x.npy"
printf '\377' | dd of=$at/npy/x.npy bs=1 seek=128 conv=notrunc 2> /dev/null
"$work/npy" --log "$work/other.jsonl" > "$work/out" 2>&1
cp "$work/x.npy" $at/npy/x.npy
no "one other byte is seen" same "$work/other.jsonl" "$work/csv.jsonl"
emu_library && cuda_trainer cuda tests/readers/npy.lua
for stream in 0 1; do
    GG_STREAM=$stream "$work/cuda" --log "$work/cuda.jsonl" > "$work/cuda.out" 2>&1
    log_field "$work/npy.jsonl" loss > "$work/a"; log_field "$work/cuda.jsonl" loss > "$work/b"
    paste "$work/a" "$work/b" | awk '{ d = $1 - $2; if (d < 0) d = -d; if (!(d <= 1e-5)) bad = 1 } END { exit bad || NR != 33 }'
    tell $? "CUDA, GG_STREAM=$stream: the same losses from mapped columns"
done
(cp "$work/npy.c" "$work/alone.c" && generate "$work/alone.c" tests/readers/npy.lua --standalone && $CC -O1 -march=native "$work/alone.c" -lm -lpthread -o "$work/alone") 2> "$work/errors"
"$work/alone" --log "$work/alone.jsonl" > "$work/out" 2>&1
yes "--standalone has the readers inside" same "$work/alone.jsonl" "$work/npy.jsonl"

# ---- larger than memory ----
dd if=/dev/zero of=$at/large/x.bin bs=1 count=0 seek=6G 2> /dev/null
head -c 8192 /dev/zero > $at/large/t.bin
trainer large tests/readers/large.lua && trainer records tests/readers/large.lua -D form=records
bounded() { (ulimit -d 200000 && exec "$@"); }
yes "6 GB of rows train where a process may have 200 MB" bounded "$work/large" --threads 2
grep -q '3 updates in' "$work/said"; tell $? "to the end: $(head -n 1 "$work/said")"
bounded "$work/records" > "$work/out" 2>&1
[ $? -eq 3 ] && grep -q 'out of memory' "$work/out"; tell $? "control: records, which are read, do not fit: $(head -n 1 "$work/out")"
(ulimit -v 2000000 && "$work/large") > "$work/out" 2>&1
[ $? -eq 3 ] && grep -q 'addresses for .* bytes are not to be had (ulimit -v)' "$work/out"; tell $? "a bound on addresses is told: $(head -n 1 "$work/out")"
"$work/large" --steps 1000000 --threads 2 > "$work/out" 2>&1 &
pid=$!
while ! grep -q '^batch' "$work/out" && kill -0 $pid; do sleep 0.1; done
: > $at/large/x.bin
wait $pid
[ $? -eq 1 ] && grep -q '^error: a page of a data file is gone' "$work/out"; tell $? "a file that is cut under way ends the run, exit 1: $(tail -n 1 "$work/out")"
dd if=/dev/zero of=$at/large/x.bin bs=1 count=0 seek=6G 2> /dev/null
"$work/large" --steps 0 --save "$work/large.st" > "$work/out" 2>&1
"$work/large" --eval --threads 1 --load "$work/large.st" > "$work/out" 2>&1 &
pid=$!
sleep 0.5
: > $at/large/x.bin
wait $pid
[ $? -eq 1 ] && grep -q '^error: a page of a data file is gone' "$work/out"; tell $? "an evaluation too"
rm $at/large/x.bin

# ---- CIFAR-10 ----
mkdir -p $at/cifar
lua5.4 tests/readers/make_cifar.lua $at/cifar
trainer cifar tests/readers/cifar.lua && cuda_trainer cuda_cifar tests/readers/cifar.lua
"$work/cifar" --log "$work/cifar.jsonl" > "$work/out" 2>&1
grep -q '72 training rows, 8 validation, 20 test' "$work/out" && grep -q '^test  accuracy 100.00 %' "$work/out"
tell $? "CIFAR-10: a colour for each class is learnt: $(tail -n 1 "$work/out")"
"$work/cuda_cifar" > "$work/cuda.out" 2>&1
[ "$(tail -n 1 "$work/out")" = "$(tail -n 1 "$work/cuda.out")" ]; tell $? "and in CUDA: $(tail -n 1 "$work/cuda.out")"

# ---- validate and patience ----
trainer watch tests/readers/watch.lua && cuda_trainer cuda_watch tests/readers/watch.lua && trainer learns tests/readers/watch.lua -D lr=0.02
for p in watch cuda_watch; do
    "$work/$p" --log "$work/$p.jsonl" > "$work/$p.out" 2>&1
    [ "$(sed -n 's/.*"split":"valid","update":\([0-9]*\).*/\1/p' "$work/$p.jsonl" | tr '\n' ' ')" = "5 10 15 " ] &&
        grep -q '^stopped after update 15 of 80: loss was no better in 2 validations' "$work/$p.out"
    tell $? "$p: validated every 5 updates, patient twice: $(grep ^stopped "$work/$p.out")"
done
"$work/learns" > "$work/out" 2>&1
grep -q '^80 updates in' "$work/out"; tell $? "control: what learns is not stopped"
finish

#!/bin/sh
# noise_scale.t -- ACCEPTANCE's case 52: the gradient noise scale, in C and in CUDA.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
model=tests/models/window_scale.lua
printf 'g,h,m\n3,0,1\n1,2,1\n2,2,1\n4,0,1\n' > "$work/pairs.csv"
printf 'g,h,m\n3,0,1\n1,2,1\n2,4,1\n' > "$work/short.csv"
printf 'g,h,m\n3,0,1\n5,5,0\n1,2,1\n7,7,0\n' > "$work/masked.csv"
printf 'g,h,m\n3,0,1\n1,2,1\n2,2,1\n' > "$work/alone.csv"
head -n 3 "$work/alone.csv" > "$work/pair.csv"
head -n 2 "$work/alone.csv" > "$work/one.csv"
printf 'g,h,m\n3,0,0\n5,5,0\n1,2,1\n7,7,1\n' > "$work/blank.csv"
(echo g,h,m; seq 12800 | sed 's/.*/1,1,1/') > "$work/many.csv"
head -n 1281 "$work/many.csv" > "$work/few.csv"
# scale PROGRAM ROWS: the noise scale of the log's last line
scale() { "$work/$1" --data "$work/$2.csv" --log "$work/log" > "$work/out" && log_field "$work/log" noise_scale | tail -n 1; }
# given PROGRAM ROWS VALUE WHAT: it is VALUE to 1e-5
given() { near "$(scale "$1" "$2")" "$3" 1e-5; tell $? "52. $target, $4: $3"; }
many="-D g=many -D batch=128 -D micro_batch=16"

for target in c cuda; do
    make=trainer; [ $target = c ] || make=cuda_trainer
    $make two_$target $model -D log=2
    $make four_$target $model -D batch=4 -D micro_batch=2 -D loss_scale=1024
    $make masked_$target $model -D batch=4 -D micro_batch=2 -D mask=m -D loss_scale=1024
    # |g|^2 of 1 and 2 rows: 9 and 5; 8 and 10. S is 8, then -4; |G|^2 is 1, then 12
    given two_$target pair 8 "norms of 3 and the root of 5"
    given two_$target pairs 0.30769230769230771 "two windows: the sums' quotient"
    given four_$target short -1.2857142857142858 "a loss scale, 2 rows of a window of 3: their means' norms, and what is below 0 is shown"
    given masked_$target masked 8 "a mask: one of two rows in each micro-batch counts"
    given two_$target alone 8 "a window of one micro-batch after it, which says nothing"
    [ "$(scale two_$target one)" = null ]; tell $? "52. $target: by itself it has none"
    [ "$(scale masked_$target blank)" = null ]; tell $? "52. $target: nor has one of whose first micro-batch nothing counts"
done
trainer many $model $many -D log=100
value=$(scale many many)
near "$value" 200 0.05; tell $? "52. 1,000 numbers, 200 in truth, 8 x 16, 100 windows, the deviation of which is 1.7 %: $value"
trainer few $model $many -D log=10 && cuda_trainer few_cuda $model $many -D log=10
near "$(scale few_cuda few)" "$(scale few few)" 1e-5; tell $? "52. CUDA, 10 windows of the same: what C has"

# off WHAT SCRIPT: a program of one file with that fault does not hold the number
generate "$work/whole.c" $model --standalone $many -D log=100
off() {
    sed "$2" "$work/whole.c" > "$work/off.c"
    cmp -s "$work/off.c" "$work/whole.c" && tell 1 "52. $1 is another text"
    quick compile "$work/off" "$work/off.c" gagen && value=$(scale off many)
    ! near "$value" 200 0.05; tell $? "control: 52. $1: $value"
}
off "B and b change places" 's/whole = w->count, part = w->part/part = w->count, whole = w->part/; s/part > 0 && part < whole/true/'
off "9 micro-batches in place of 8" 's|(double)w.samples / w.part|((double)w.samples + 16) / w.part|g'
off "the sum of the micro-batch in place of its mean" 's|(double)w.samples / w.part|1|g'
sed 's/w.part = m->rows/w.part = 0.5 * m->rows/' "$work/four_c.c" > "$work/off.c" && quick compile "$work/off" "$work/off.c" gagen
! near "$(scale off short)" -1.2857142857142858 1e-5; tell $? "control: 52. a micro-batch of half the rows"
finish

#!/bin/sh
# large.t -- programs above 2 GiB, and tables of more elements than an int counts: they link, and run where memory is barely touched.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
model=tests/models/large.lua
mkdir -p "$work/rows"
printf '\0%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31 32 > "$work/rows/id.bin"
cp "$work/rows/id.bin" "$work/rows/y.bin"

# ---- 2,684,354,560 elements: the last row is at place 2,684,354,400
if [ "$(awk '/MemTotal/ { print int($2 / 1e6) }' /proc/meminfo)" -ge 16 ]; then
    generate "$work/large.c" $model --library
    compile "$work/large" "tests/large.c $work/large.c" gagen -fsanitize=undefined -fno-sanitize-recover=undefined
    is() { [ "$("$work/large" $2 2>&1)" = "$1" ]; }
    yes "a row at element 2,684,354,400 is read; untouched pages cost nothing" is 8128512
    no "a row that is zero is seen" is 8128512 7
else
    facts=$((facts + 1))
    echo "ok $facts - a row at element 2,684,354,400 is read # skip its table takes 10.7 GB of addresses, which less than 16 GB of memory may refuse"
fi

# ---- Adam over 160 million elements: 2.6 GB
trainer adam $model -D rows=1000000 -D freeze=false
"$work/adam" --help > "$work/said" 2>&1; tell $? "C: a program of 2.6 GB links and starts"
(ulimit -v 2000000; exec "$work/adam" --data "$work/rows" --steps 1) > "$work/said" 2>&1
[ $? -eq 3 ] && grep -q 'take 256[0-9]* bytes\|take 25[0-9]\{8\} bytes' "$work/said"; tell $? "no memory for it: status 3 and the number of bytes"
sed 's/^/# /' "$work/said" | tail -n 2
emu_library
cuda_trainer cuda $model -D rows=1000000 -D freeze=false
"$work/cuda" --help > "$work/said" 2>&1; tell $? "CUDA: so does its host's side"


finish

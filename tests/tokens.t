#!/bin/sh
# tokens.t -- data.tokens: rows of a stream in all its forms, splits, orders, and what is refused.
OPTIMIZE=-O1
. tests/lib.sh
. tests/cuda/emu.sh
at=build/tests/data/tokens
rm -rf $at && mkdir -p $at
lua5.4 tests/tokens/make.lua $at
generate "$work/rows.c" tests/tokens/rows.lua --library && compile "$work/rows" "tests/tokens/rows.c $work/rows.c" gagen
rows() { "$work/rows" "$@"; }
check() { lua5.4 tests/tokens/check.lua "$@"; }
same() { [ -s "$1" ] && cmp -s "$1" "$2"; }

# ---- one stream in many forms ----
rows $at/plain16.bin > "$work/plain"
yes "rows follow one another in the file" check $at/plain16.bin 6 "$work/plain"
sed '3s/x=[0-9]*/x=77/' "$work/plain" > "$work/wrong"
no "another token is seen" check $at/plain16.bin 6 "$work/wrong"
grep -q 'documents=0,0,0,1' "$work/plain"; tell $? "documents end with a token"
rows $at/plain16.bin begins=1 > "$work/other"
grep -q 'x=34,38,7,.*documents=0,0,1,1,1,1' "$work/other" && grep -q 'x=34,38,7,.*documents=0,0,0,1,1,1' "$work/plain"
tell $? "or begin with one"
for f in llmc16.bin llmc32.bin npy_little_u2.npy npy_little_i4.npy npy_big_i4.npy npy_little_i8.npy npy_u1.npy "shard_*.bin"; do
    rows "$at/$f" > "$work/other"
    yes "$f: the same rows" same "$work/plain" "$work/other"
done
rows $at/plain32.bin kind=I > "$work/other"
yes "uint32 without a header: the same rows" same "$work/plain" "$work/other"
for stride in 1 4 9; do
    rows $at/llmc16.bin stride=$stride > "$work/other"
    yes "stride = $stride" check $at/plain16.bin $stride "$work/other"
done
no "another stride is seen" check $at/plain16.bin 8 "$work/other"

# ---- texts ----
rows $at/plain.txt kind=c classes=11 end=67 > "$work/plain_text"
rows $at/wide.txt kind=c classes=11 end=66 > "$work/wide_text"
yes "characters of up to four bytes are tokens as those of one" same "$work/plain_text" "$work/wide_text"
rows "$at/part_*.txt" kind=c classes=11 end=66 > "$work/other"
yes "also of several files" same "$work/wide_text" "$work/other"
rows $at/plain.txt kind=b classes=256 end=67 | sed -n 1p > "$work/bytes"
[ "$(cat "$work/bytes")" = "x=66,73,70,74,69,72 y=73,70,74,69,72,67 documents=0,0,0,0,0,0" ] &&
    [ "$(sed -n 1p "$work/plain_text")" = "x=1,8,5,9,4,7 y=8,5,9,4,7,2 documents=0,0,0,0,0,0" ]
tell $? "bytes are themselves, characters count in order of their numbers"

# ---- splits: the end of the stream ----
rows $at/plain16.bin valid=0.2 test=3 > "$work/split"
yes "training rows end before the others" check $at/plain16.bin 6 "$work/split"
lua5.4 - $at/plain16.bin "$work/split" <<'LUA'
local f = assert(io.open(arg[1], "rb"))
local bytes, sums, seen = f:read "a", {}, {}
local function id(i) return (("<I2"):unpack(bytes, 2 * i + 1)) end
-- 100 tokens: the test has 3 rows, 19 tokens; a fifth validates
for name, from in pairs { train = { 0, 61 }, valid = { 61, 81 }, test = { 81, 100 } } do
  local n, sum, next_ = 0, 0, 0
  for row = from[1], from[2] - 7, 6 do
    for i = row, row + 5 do n, sum, next_ = n + 1, sum + id(i), next_ + id(i + 1) end
  end
  sums[name] = { sum / n, next_ / n }
end
for line in io.lines(arg[2]) do
  local name, x, y = line:match "^(%l+) d .*x ([%d.]+) y ([%d.]+)"
  if name then
    seen[#seen + 1] = name
    local off = math.abs(x - sums[name][1]) + math.abs(y - sums[name][2])
    if off > 1e-4 then print(name, x, y, sums[name][1], sums[name][2]) os.exit(1) end
  end
end
os.exit(table.concat(seen, " ") == "train valid test")
LUA
tell $? "valid and test are the stream's end: $(grep '^test' "$work/split")"
rows $at/plain16.bin test_path=$at/llmc32.bin > "$work/other"
[ "$(sed -n 's/^train//p' "$work/other")" = "$(sed -n 's/^test//p' "$work/other")" ]; tell $? "a path is a stream of its own"

# ---- orders ----
rows $at/plain16.bin shuffle=1 > "$work/shuffled"
[ "$(grep '^x=' "$work/shuffled" | sort)" = "$(grep '^x=' "$work/plain" | sort)" ] && ! same "$work/shuffled" "$work/plain"
tell $? "shuffle: the same rows in another order"
rows $at/plain16.bin random=1 windows=40 valid=0.1 > "$work/random"
yes "random: windows that begin anywhere: $(check $at/plain16.bin 6 "$work/random" random)" check $at/plain16.bin 6 "$work/random" random
[ "$(grep -c '^x=' "$work/random")" -eq 150 ]; tell $? "an epoch has tokens / stride of them"
rows $at/plain16.bin random=1 windows=40 valid=0.1 threads=2 > "$work/again"
yes "they depend on the seed alone" same "$work/random" "$work/again"
rows $at/plain16.bin random=1 windows=40 valid=0.1 seed=1 > "$work/again"
no "another seed draws others" same "$work/random" "$work/again"
rows $at/plain16.bin random=1 windows=40 valid=0.1 pause=7 save="$work/rows.st" > "$work/again"
yes "a run that is resumed goes on with the same" same "$work/random" "$work/again"
head -c 180 $at/plain16.bin > "$work/head.bin"
yes "and none reads what validates" check "$work/head.bin" 6 "$work/random" random

# ---- larger than memory ----
dd if=/dev/zero of=$at/large.bin bs=1 count=0 seek=6G 2> /dev/null
(ulimit -d 200000 && rows $at/large.bin random=1 classes=65536 windows=3 evaluate=0) > "$work/out" 2>&1
[ "$(grep -c '^x=0,0,0,0,0,0 y' "$work/out")" -eq 12 ]; tell $? "3 billion tokens train where a process may have 200 MB"
: > $at/large.bin

# ---- what cannot be ----
refused() {
    local words=$1
    shift
    rows "$@" > "$work/out" 2> "$work/errors"
    [ $? -eq 1 ] && grep -q "$words" "$work/errors"; tell $? "$(cat "$work/errors")"
}
refused "beyond.bin: token 72 is 50, and the model says classes = 50, 0 to 49" $at/beyond.bin
refused "beyond.npy: token 72 is -1" $at/beyond.npy
refused "its header says 101 tokens, and 200 bytes follow it" $at/short.bin
refused "odd.bin: 201 bytes are no whole number of uint16" $at/odd.bin
refused "its elements are float32, and tokens are whole numbers" $at/npy_little_f4.npy
refused "tiny.bin: train: 6 tokens are left, and a row has 6 and one more for y" $at/tiny.bin
refused "plain16.bin: valid: 2 tokens are left" $at/plain16.bin valid=0.02
refused "plain.txt: 11 different characters, and the model says chars = 12" $at/plain.txt kind=c classes=12 end=-1
refused "binary.txt: byte 61 is ff: not UTF-8" $at/binary.txt kind=c classes=11 end=-1
refused "character [0-9]* is 'Z', which is not in the vocabulary" $at/plain.txt kind=c classes=11 end=-1 test_path=$at/other.txt
refused "document_end: the text has no character U+0078" $at/plain.txt kind=c classes=11 end=120
refused "no/such: no such file" no/such
: > "$work/empty.bin"
refused "empty.bin: empty" "$work/empty.bin"
finish

#!/bin/sh
# data.sh windows|cases|gan DIRECTORY -- makes the files that programs read, in a checkout's root:
#   DIRECTORY/windows    those of tests/window_data.c; finite.csv, four.csv; the ids of ids.lua, and in all/ of ids_computed.lua
#   DIRECTORY/cases      those of tests/cases_data.lua
#   DIRECTORY/gan        the weights that a rule of tests/models/gan.lua loads
to=$2/$1
mkdir -p "$to" || exit 1
if [ "$1" = cases ]; then exec lua5.4 tests/cases_data.lua "$to"; fi
if [ "$1" = gan ]; then
    exec lua5.4 -e 'dofile("tests/hashed.lua").safetensors(arg[1] .. "/start.safetensors", {
        { "disc.0.weight", 11, 4 }, { "disc.0.bias", 11 }, { "disc.2.weight", 1, 11 }, { "disc.2.bias", 1 },
        { "gen.0.weight", 9, 3 }, { "gen.0.bias", 9 }, { "gen.2.weight", 4, 9 }, { "gen.2.bias", 4 } }, 10)' /dev/null "$to"
fi
$CC -O2 -o "$2/window_data" tests/window_data.c -lm && "$2/window_data" "$to" && mkdir -p "$to/ids" "$to/all/ids" || exit 1
# 160 rows: windows of 4 x 4. A 0 in column a makes a gradient NaN, a 0 in column b a loss.
cut -d, -f1-17 "$to/masked_1.csv" | head -n 161 |
    awk -F, -v OFS=, '{ print $0, NR == 1 ? "a" : NR != 70, NR == 1 ? "b" : NR != 103 }' > "$to/finite.csv"
# a window of 4 x 4 whose third micro-batch is masked
awk -F, -v OFS=, 'NR > 1 && int((NR + 2) / 4) == 3 { $18 = 0 } NR < 18' "$to/masked_1.csv" > "$to/four.csv"
lua5.4 -e 'for i = 0, 209 do io.write(string.pack("<i4", i % 7 == 6 and -100 or i * i % 5)) end' > "$to/ids/s.bin"
# and 1 to 4, each of which is a class
lua5.4 -e 'for i = 0, 209 do io.write(string.pack("<i4", 1 + i * i // 3 % 4)) end' > "$to/all/ids/s.bin"

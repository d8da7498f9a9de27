#!/bin/sh
# ids.t -- values that index, in both targets: what a reader checks, ids that read zeros, rows that are not trained.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
mkdir -p "$work/good"
# rows DIR VALUE ROW: 20 rows of three ids from 0 to 4 and, here and there, -100; VALUE in the middle of that row
rows() {
    mkdir -p "$work/$1"
    lua5.4 - "$work/$1/s.bin" "$2" "$3" << 'END'
local f = assert(io.open(arg[1], "wb"))
for i = 0, 19 do
  local row = { i % 5, i % 7 == 3 and arg[2] ~= "0" and -100 or (2 * i) % 5, i % 6 == 1 and arg[2] ~= "0" and -100 or (3 * i + 1) % 5 }
  if arg[1]:find "place" then row = { 1, i % 5 + 1, 2 } end
  if i == tonumber(arg[3]) then row[2] = tonumber(arg[2]) end
  f:write(string.pack("<i4i4i4", table.unpack(row)))
end
f:close()
END
}
rows good 4 0; rows none 0 3; rows beyond 5 7; rows far 100000000 7; rows below -1 7
model=tests/models/ids.lua

# ends PROGRAM DATA WORDS [OPTION...]: it ends with status 1 and these words
ends() {
    local program=$1 from=$2 words=$3
    shift 3
    "$work/$program" --data "$work/$from" "$@" > "$work/out" 2> "$work/told"
    [ $? -eq 1 ] && grep -q "$words" "$work/told" || { cat "$work/told"; return 1; }
}

# Without -100 in the column: the table's rows, or the loss's logits, are the ids that there are.
sanitize="-fsanitize=address,undefined -fno-sanitize-recover=all"
OPTIMIZE="-O1 $sanitize" trainer ids $model
sed 's/padding_idx = padding/padding_idx = -100/;s/fn.cross_entropy(y, next, o)/fn.mean(y)/;/report/s/report.*,$//' $model > "$work/table.lua"
sed 's/out(table(seen))/fn.reshape(nn.Linear(10, { name = "head" })(fn.reshape(d.s, 3) * 0.1), 2, 5)/;s/^local table.*//;s/^local out.*//' $model > "$work/loss.lua"
for only in table loss; do OPTIMIZE="-O1 $sanitize" trainer $only "$work/$only.lua"; done
emu_library && cuda_trainer cuda_ids $model
for program in ids table loss cuda_ids; do
    "$work/$program" --data "$work/good" --save "$work/$program.st" > "$work/out" 2>&1; tell $? "$program: ids from 0 to 4, and -100"
    for from in "beyond 5" "far 100000000" "below -1"; do
        yes "$program: ${from% *}" ends $program ${from% *} "row 7: s is ${from#* }, the model says 5 classes, 0 to 4, or -100"
    done
done
for program in ids cuda_ids; do
    yes "$program: a prediction's rows are checked" ends $program good "row 7: s is 5," --load "$work/$program.st" --predict "$work/beyond"
done
no "a row that is not the one" ends ids beyond "row 6:"

# ---- rows in memory -----------------------------------------------------------------------------------------------------
cat > "$work/memory.c" << 'END'
#include <stdio.h>
#include "library.h"
extern const Program gagen_ids;
int main(void)
{
    int32_t s[8][3] = { { 0 } };
    const void *columns[] = { s };
    if (gg_open_rows(&gagen_ids, 8, columns, 1, -1)) return 3;
    gg_close(&gagen_ids);
    s[5][1] = 5;
    if (gg_open_rows(&gagen_ids, 8, columns, 1, -1) != 1) return 4;
    puts(gg_error());
    return 0;
}
END
generate "$work/memory_ids.c" $model --library && compile "$work/memory" "$work/memory.c $work/memory_ids.c" gagen $sanitize
"$work/memory" > "$work/out" 2>&1 && grep -q "row 5: s is 5" "$work/out"; tell $? "rows in memory are checked: $(cat "$work/out")"

# ---- computed ids ---------------------------------------------------------------------------------------------------------
# s.bin counts from 1 to 5; 0, 6 and -100 are no place.
for i in 1 0 6 -100; do rows place$i $i 13; done
OPTIMIZE="-O1 $sanitize" trainer computed tests/models/ids_computed.lua && trainer shuffled tests/models/ids_computed.lua -D shuffle=true && cuda_trainer cuda_computed tests/models/ids_computed.lua
for program in computed shuffled cuda_computed; do
    "$work/$program" --data "$work/place1" --save "$work/$program.st" > "$work/out" 2>&1; tell $? "$program: computed ids of 5 places"
    for i in 0 6 -100; do
        yes "$program: $i is no place" ends $program place$i "row 13: tests/models/ids_computed.lua:6: fn.gather: its computed id names none of 5 places, 0 to 4"
    done
    yes "$program: and in a prediction" ends $program good "row 13: tests/models/ids_computed.lua:6:" --load "$work/$program.st" --predict "$work/place6"
done
sed 's/\.nchecks = 1/.nchecks = 0/' "$work/computed.c" > "$work/unchecked.c" && ! cmp -s "$work/unchecked.c" "$work/computed.c" && compile "$work/unchecked" "$work/unchecked.c" gagen
no "without the check it goes on in silence" ends unchecked place6 "row 13"

# ---- ids that a gathering alone reads: rematerialised for backward, or of a table that nothing trains ---------------------------
sed 's/report = {/rules = { { table, freeze = true } }, report = {/' $model > "$work/frozen.lua"
[ "$(grep -c freeze "$work/frozen.lua")" -eq 1 ]; tell $? "control: a model with a frozen table"
for target in c cuda; do
    if [ $target = c ]; then program() { prober "$@"; }; else program() { cuda_prober "$@"; }; fi
    for level in none 1 all; do program ${target}_$level $model gagen -D recompute=$level; done
    program ${target}_frozen "$work/frozen.lua" gagen --no-reuse && program ${target}_reused "$work/frozen.lua" gagen
    for kind in none 1 all frozen reused; do "$work/${target}_$kind" "$work/good" - 2 3 1 2 3 > "$work/$target.$kind" 2>&1; done
    for level in 1 all; do
        grep -q "^gradient 3 " "$work/$target.none" && cmp -s "$work/$target.none" "$work/$target.$level"; tell $? "$target: recompute = $level: the same bits"
    done
    grep -q "^gradient 3 " "$work/$target.frozen" && cmp -s "$work/$target.frozen" "$work/$target.reused"; tell $? "$target: a frozen table, its ids in a buffer"
    ! cmp -s "$work/$target.none" "$work/$target.frozen"; tell $? "control: $target: which changes what is computed"
done

# ---- padding ----------------------------------------------------------------------------------------------------------------
# row KIND FILE: rows of the table that are zeros in the lines KIND of a probe's output
zeros() { awk -v kind="$1" '$1 == kind && / table.weight / { f = NF - 20; for (r = 0; r < 5; r++) { z = 1; for (i = 1; i <= 4; i++) z = z && $(f + 4 * r + i) == 0; if (z) printf "%d ", r } }' "$2"; }
for target in c cuda; do
    if [ $target = c ]; then program() { prober "$@"; }; else program() { cuda_prober "$@"; }; fi
    program ${target}_padded $model gagen -D padding=2 -D ignored=-300 && program ${target}_plain $model gagen -D padding=-300 -D ignored=-300
    for kind in padded plain; do "$work/${target}_$kind" "$work/none" - 1 3 1 2 3 > "$work/$target.$kind" 2>&1; done
    [ "$(zeros weight "$work/$target.padded")" = "2 " ] && [ "$(zeros gradient "$work/$target.padded")" = "2 2 2 " ]
    tell $? "$target: the row padding_idx = 2 begins as zeros, gets no gradient and stays"
    [ -s "$work/$target.plain" ] && [ -z "$(zeros weight "$work/$target.plain")$(zeros gradient "$work/$target.plain")" ]; tell $? "control: $target: without it no row is zeros"
done
finish

#!/bin/sh
# ints.t -- int columns are compared as ints, in both targets: ids above 2^24, which float would round, stay what they are.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
OPTIMIZE=-O1
emu_checks="$emu_checks -O0"
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
mkdir -p "$work/data"
lua5.4 - "$work/data" << 'EOF'
local a = { 16777216, 16777217, 7, -1, 2147483647, -2147483648, 33554433, 5 }
local b = { 16777217, 16777217, 7, -2, 2147483646, -2147483647, 33554432, 6 }
for name, list in pairs { a = a, b = b } do
  local f = assert(io.open(("%s/%s.npy"):format(arg[1], name), "wb"))
  local head = "{'descr': '<i4', 'fortran_order': False, 'shape': (4, 2), }"
  f:write("\x93NUMPY\1\0", string.pack("<s2", head .. (" "):rep(117 - #head) .. "\n"))
  for _, x in ipairs(list) do f:write(string.pack("<i4", x)) end
  f:close()
end
EOF
cat > "$work/ints.lua" << 'EOF'
local d = data.npy { "data", columns = { a = { "a.npy", 2, type = "int32" }, b = { "b.npy", 2, type = "int32" } }, shuffle = false }
local w = nn.Parameter(2, { init = 0 })
local function first(x) return fn.slice(x, { axis = 2, from = 1, to = 1 }) end
local function turned(x) return fn.transpose(fn.reshape(x, 1, 2), 2, 3) end
train { data = d, batch = 4, micro_batch = 2, epochs = 1, minimize = fn.mean(fn.sum(w * fn.eq(d.a, d.b), { axis = 2 })), optim = optim.SGD { lr = 1 },
  report = { eq = fn.sum(fn.eq(d.a, d.b)), ne = fn.sum(fn.ne(d.a, d.b)), lt = fn.sum(fn.lt(d.a, d.b)), le = fn.sum(fn.le(d.a, d.b)),
    gt = fn.sum(fn.gt(d.a, d.b)), ge = fn.sum(fn.ge(d.a, d.b)), slices = fn.sum(fn.eq(first(d.a), first(d.b))),
    shapes = fn.sum(fn.eq(turned(d.a), turned(d.b))), number = fn.sum(fn.ge(d.a, 16777217)), between = fn.sum(fn.lt(d.a, 16777216.5)),
    beyond = fn.sum(fn.lt(d.a, 3e9)), negative = fn.sum(fn.eq(d.a, -1)), left = fn.sum(fn.lt(33554432, d.a)) } }
EOF
# told NAME: the reports of the one update; expected as Lua's integers have them
want="eq 2 ne 6 lt 3 le 5 gt 3 ge 5 slices 1 shapes 2 number 3 between 5 beyond 8 negative 1 left 2"
told() {
    (cd "$work" && rm -f "$1.jsonl" && "./$1" --threads 1 --log "$1.jsonl" --save "$1.st" > "$1.said" 2>&1) || return
    for key in eq ne lt le gt ge slices shapes number between beyond negative left; do printf '%s %s ' $key "$(log_field "$work/$1.jsonl" $key)"; done | sed 's/ $//'
}
is() { [ "$(told "$1")" = "$want" ] || { echo "# $(told "$1")"; return 1; }; }
trainer ints "$work/ints.lua" && is ints; tell $? "C: eq, ne, lt, le, gt, ge, of slices, of other shapes, with numbers"
cp "$work/ints.lua" "$work/cuda_ints.lua"
cuda_trainer cuda_ints "$work/cuda_ints.lua" && is cuda_ints; tell $? "CUDA"
[ "$(tail -c 8 "$work/ints.st" | od -An -tf4 | tr -s " ")" = " -0.25 -0.25" ]; tell $? "the gradient too"
sed 's/data\.\([ab]\)\[\([^]]*\)\] \([<>=!]*\) data/(real)data.\1[\2] \3 (real)data/' "$work/ints.c" > "$work/off.c"
! cmp -s "$work/off.c" "$work/ints.c" && compile "$work/off" "$work/off.c" gagen && ! is off > "$work/said" && grep -q 'eq 6' "$work/said"; tell $? "control: as floats, more are equal"
generate "$work/double.c" "$work/ints.lua" && compile "$work/double" "$work/double.c" gagen_double && is double; tell $? "in double the same"

# ---- rows of a table: ids are no floats on the way to their row
cat > "$work/rows.lua" << 'EOF'
local d = data.npy { "data", columns = { a = { "a.npy", 2, type = "int32", classes = 9 } } }
local t = nn.Embedding(9, 3)
train { data = d, batch = 4, epochs = 1, minimize = fn.mean(fn.sum(t(d.a), { axis = 3 })), optim = optim.SGD { lr = 1 } }
EOF
for target in c cuda; do
    ./gagen -t $target "$work/rows.lua" > "$work/rows.$target" 2> "$work/errors"
    grep -q '(long)data\.a\[' "$work/rows.$target" && ! grep -q '(long)((real)data' "$work/rows.$target"; tell $? "$target: an embedding's row is the column's own number"
done
finish

#!/bin/sh
# names.t -- what a model calls its file, layers, columns, reports and steps is never a symbol, a keyword or a macro of C, C++ or CUDA.
cd "$(dirname "$0")/.." || exit 1
. tests/names.sh

# ---- words: each names parameters, layers, fields, columns, reports, outputs and locals
keywords > "$work/words"
models "$work/words"
[ "$parts" -ge 5 ]; tell $? "$(wc -l < "$work/words") words in $parts models"
ways="c_program:gcc_-std=c11 c_program:clang_-std=gnu11 standalone_program:gcc_-std=gnu11 library_program:gcc_-std=gnu17 cuda_program:-std=c++20 cuda_program:-std=c++17"
i=0
for part in $(seq "$parts"); do
    for way in $ways; do
        i=$((i + 1))
        [ $((i % 3)) -eq $((part % 3)) ] || continue
        command=$(echo "${way#*:}" | tr _ ' ')
        # shellcheck disable=SC2086
        ${way%%:*} part_$part $command; judged "words of part $part: ${way%%:*}, $command"
    done
done
if [ -n "$nvcc" ]; then nvcc_program part_1; judged "words of part 1: nvcc"; else echo "ok $((facts += 1)) # skip no nvcc"; fi
grep -q '\bcompl_\[' "$work/part_1.c" && ./gagen -t cuda -o "$work/part_1.cu" "$work/part_1.lua" 2> /dev/null && sed 's/\bcompl_\b/compl/g' "$work/part_1.cu" > "$work/off.cu"
! $CXX -x c++ $emu_flags -fsyntax-only "$work/off.cu" > "$work/errors" 2>&1 && grep -q compl "$work/errors"; tell $? "control: compl, undodged, is no C++"
part=$(grep -l '"errno"' "$work"/part_?.lua | head -n 1)
./gagen -t c "$part" 2> /dev/null | sed "s/\\berrno_\\b/errno/g" | $CC -std=gnu11 -Iruntime -include errno.h -fsyntax-only -x c - > "$work/errors" 2>&1
[ $? -ne 0 ]; tell $? "control: errno, undodged, is no member"

# ---- the program runs, and files keep the words as they are
mkdir -p "$work/data"
lua5.4 - "$work" "${part%.lua}" << 'EOF'
local i, words = 0, io.open(arg[2] .. ".lua"):read("a"):match("words = (%b{})")
for w in words:gmatch('"([^"]+)"') do
  i = i + 1
  local f = assert(io.open(("%s/data/%s.npy"):format(arg[1], w), "wb"))
  local head = ("{'descr': '%s', 'fortran_order': False, 'shape': (8, 3), }"):format(i % 2 == 0 and "<i4" or "<f4")
  f:write("\x93NUMPY\1\0", string.pack("<s2", head .. (" "):rep(117 - #head) .. "\n"))
  for k = 1, 24 do f:write(string.pack(i % 2 == 0 and "<i4" or "<f", k % 5)) end
  f:close()
end
EOF
word=$(basename "${part%.lua}")
OPTIMIZE=-O0
trainer "$word" "$part"
run() { (cd "$work" && "./$word" --threads 1 --save words.st --log words.jsonl "$@"); }
yes "it trains" run
yes "and goes on" run --resume --epochs 2
grep -q '"errno":{"dtype"' "$work/words.st" && grep -q '"block.0.errno":{"dtype"' "$work/words.st" && grep -q '"optimizer.m.errno"' "$work/words.st"
tell $? "keys of checkpoints are the model's names"
grep -q '"errno":' "$work/words.jsonl"; tell $? "so are those of the log"

# ---- the model file's name
cat > "$work/one.lua" << 'EOF'
local d = data.npy { "data", columns = { x = { "errno.npy", 3 } } }
local net = nn.Linear(1)
train { data = d, batch = 2, epochs = 1, minimize = fn.mean(fn.sum(net(d.x) ^ 2, { axis = 2 })), optim = optim.SGD { lr = 0 } }
EOF
for name in sin exp log round select random gamma y0 index time signal link open main window gg_window p int 01-try _x a__b "a b" 'q"' ___ modèle; do
    cp "$work/one.lua" "$work/$name.lua"
    ./gagen -t c --standalone -o "$work/name.c" "$work/$name.lua" 2> "$work/errors" && ./gagen -t cuda -o "$work/name.cu" "$work/$name.lua" &&
        grep '^[^/]*const Program' "$work/name.c" "$work/name.cu" | grep -v 'const Program gagen_[A-Za-z0-9_]* = {\|const Program gagen_[A-Za-z0-9_]*;' > "$work/other"
    [ -s "$work/name.cu" ] && ! grep -q 'q->name\|const Program [^g*]' "$work/other"; tell $? "$name.lua: $(sed -n 's/.*const Program \(gagen_[a-zA-Z0-9_]*\) =.*/\1/p' "$work/name.c")"
done
for name in sin index open; do
    ./gagen -t c --standalone -o "$work/name.c" "$work/$name.lua" && $CC -std=gnu11 -Wall -Werror -fsyntax-only "$work/name.c" > "$work/errors" 2>&1
    judged "$name.lua compiles alone"
    # shellcheck disable=SC2086
    ./gagen -t cuda -o "$work/name.cu" "$work/$name.lua" && $CXX -x c++ $emu_flags $emu_warnings -Werror -fsyntax-only "$work/name.cu" > "$work/errors" 2>&1
    judged "$name.lua compiles as CUDA"
done
prober open "$work/open.lua" gagen
(cd "$work" && ./open - - 1 2 > open.out 2>&1); tell $? "the library of open.lua runs"

# ---- what object files export
exports() { nm -g --defined-only "$@" 2> /dev/null | awk 'NF == 3 && $2 !~ /[WVu]/ { print $3 }' | sort -u; }      # but what every C++ program has
# objects NAME MODEL: a library's object for each target
objects() {
    generate "$work/$1.c" "$2" -t c --library && $CC -std=gnu11 -O0 -Iruntime -c "$work/$1.c" -o "$work/$1.o" &&
        generate "$work/$1.cu" "$2" -t cuda --library && $CXX -x c++ $emu_flags -O0 -c "$work/$1.cu" -o "$work/$1.cu.o"
}
for model in tests/golden/conv.lua tests/golden/one.lua examples/gan.lua; do
    name=$(basename "$model" .lua)
    objects "$name" "$model"
    [ "$(exports "$work/$name.o")" = "gagen_$name" ] && [ "$(exports "$work/$name.cu.o")" = "gagen_$name" ]
    tell $? "$name: each object exports gagen_$name alone"
done
exports libgagen.a | grep -v '^gg_' > "$work/other"; [ ! -s "$work/other" ]; tell $? "the runtime exports gg_... alone"
generate "$work/alone.c" tests/golden/one.lua -t c --standalone --library && $CC -std=gnu11 -O0 -c "$work/alone.c" -o "$work/alone.o"
exports "$work/alone.o" | grep -v '^gg_' > "$work/other"; [ "$(cat "$work/other")" = gagen_one ]; tell $? "a standalone library exports both"
sed 's/gagen_one/open/' "$work/one.c" > "$work/off.c" && $CC -std=gnu11 -O0 -Iruntime -c "$work/off.c" -o "$work/off.o"
[ "$(exports "$work/off.o")" != gagen_one ]; tell $? "control: nm shows another name"
finish

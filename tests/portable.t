#!/bin/sh
# portable.t -- the standalone program elsewhere: with musl's headers alone, where long has 32 bits; and flags that it refuses.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
lua5.4 - "$work/port.csv" << 'EOF'
local f, s = io.open(arg[1], "w"), 1
for i = 1, 101 do
  local row = {}
  for k = 1, 6 do
    s = (s * 1103515245 + 12345) % 2147483648
    row[k] = ("%.4f"):format(s / 1073741824 - 1)
  end
  f:write(table.concat(row, ","), ",", i % 4, "\n")
end
EOF
cat > "$work/port.lua" << 'EOF'
local d = data.csv { "port.csv", columns = { x = "1-6", label = { "7", classes = 4 } }, valid = 0.2 }
local net = nn.Sequential { nn.Linear(20), nn.Tanh(), nn.LayerNorm(), nn.Linear(17), nn.GELU(), nn.Dropout(0.1), nn.Linear(4) }
local logits = net(d.x)
train { data = d, batch = 16, micro_batch = 8, epochs = 3, minimize = fn.cross_entropy(logits, d.label),
  optim = optim.AdamW { lr = optim.cosine { 1e-2, warmup = 3 }, clip = 1 }, report = { accuracy = fn.accuracy(logits, d.label) } }
EOF
generate "$work/port.c" "$work/port.lua" --standalone -t c || finish
flags="-std=gnu11 -O1 -Wall -Wextra -Werror"
# built NAME COMPILER...: the program, static or not
built() {
    local to=$work/$1
    shift
    # shellcheck disable=SC2086
    "$@" $flags -o "$to" "$work/port.c" -lm -lpthread > "$work/errors" 2>&1 && return
    sed 's/^/# /' "$work/errors" | head -n 8
    return 1
}
# trained NAME [RUNNER]: a run, then one more epoch from its checkpoint
trained() {
    (cd "$work" && rm -f "$1.st" && $2 "./$1" --threads 2 --save "$1.st" > "$1.said" 2>&1 && $2 "./$1" --threads 1 --save "$1.st" --resume --epochs 4 > "$1.said" 2>&1)
}
bits() { (cd "$work" && cmp -s "$1.st" gcc.st); }

built gcc $CC && trained gcc; tell $? "it compiles alone, trains and goes on"
if command -v musl-gcc > /dev/null; then
    built musl musl-gcc; tell $? "musl-gcc compiles it without the kernel's headers"
    trained musl && bits musl; tell $? "the same bits as with glibc"
    sed 's/0x9E3779B9/0x9E3779B8/' "$work/port.c" > "$work/off.c"
    ! cmp -s "$work/off.c" "$work/port.c" && $CC -std=gnu11 -O1 -o "$work/off" "$work/off.c" -lm -lpthread 2> "$work/errors" && trained off && ! bits off
    tell $? "control: another draw, other bits"
else
    echo "ok $((facts += 1)) # skip no musl-gcc: apt-get install musl-tools"
fi

# ---- long of 32 bits
echo 'int main(void) { return sizeof(long) == 4 ? 0 : 1; }' > "$work/long.c"
narrow= run=
if $CC -m32 -static -o "$work/long" "$work/long.c" 2> /dev/null && "$work/long"; then narrow="$CC -m32 -msse2 -mfpmath=sse -static"
elif command -v arm-linux-gnueabihf-gcc > /dev/null && command -v qemu-arm > /dev/null; then narrow="arm-linux-gnueabihf-gcc -mfpu=neon -static" run=qemu-arm; fi
if [ -n "$narrow" ]; then
    built narrow $narrow; tell $? "where long has 32 bits: $narrow compiles it"
    trained narrow "$run"; tell $? "it trains, and reads its own checkpoint"
    (cd "$work" && $run ./narrow --load gcc.st --eval) > "$work/narrow.said" 2>&1 && (cd "$work" && ./gcc --load gcc.st --eval) > "$work/gcc.said" 2>&1
    [ "$(grep -c '^valid' "$work/narrow.said")" -eq 1 ] && [ "$(grep '^valid' "$work/narrow.said")" = "$(grep '^valid' "$work/gcc.said")" ]
    tell $? "and another machine's"
else
    echo "ok $((facts += 1)) # skip nothing here compiles and runs for 32 bits: gcc-multilib, or gcc-arm-linux-gnueabihf with qemu-user"
fi
grep -nE '1[lL] *<< *\(?(3[2-9]|[4-6][0-9])' runtime/*.[ch] > "$work/wide"; [ $? -eq 1 ]; tell $? "no long of the runtime is shifted beyond 31 bits"
echo 'x > (1l << 53) / 10' | grep -qE '1[lL] *<< *\(?(3[2-9]|[4-6][0-9])'; tell $? "control: one that is would be found"

# ---- flags that let a compiler take NaN for impossible
for compiler in gcc clang; do
    command -v $compiler > /dev/null || { echo "ok $((facts += 1)) # skip no $compiler"; continue; }
    for flag in -ffast-math -Ofast -ffinite-math-only; do
        $compiler -std=gnu11 $flag -fsyntax-only "$work/port.c" > "$work/errors" 2>&1
        [ $? -ne 0 ] && grep -q 'error.*leave out -ffast-math, -Ofast and the like' "$work/errors"; tell $? "$compiler $flag: refused in a sentence"
    done
    $compiler -std=gnu11 -ffast-math -fsyntax-only runtime/train.c > "$work/errors" 2>&1; [ $? -ne 0 ] && grep -q 'leave out -ffast-math' "$work/errors"
    tell $? "$compiler -ffast-math: so is the runtime"
    $compiler -std=gnu11 -O3 -fsyntax-only "$work/port.c" > "$work/errors" 2>&1; tell $? "control: $compiler -O3 is not"
done
generate "$work/port.cu" "$work/port.lua" -t cuda && . tests/cuda/emu.sh
# shellcheck disable=SC2086
$CXX -x c++ $emu_flags -ffast-math -fsyntax-only "$work/port.cu" > "$work/errors" 2>&1; [ $? -ne 0 ] && grep -q 'leave out -ffast-math' "$work/errors"
tell $? "nor is CUDA's host code"
finish

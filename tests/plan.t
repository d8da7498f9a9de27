#!/bin/sh
# plan.t -- gagen plan and memory = "6 GB": what they say is what programs are, to the byte.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O0
has() { grep -q -F -e "$2" "$1"; }
xml() { lua5.4 tests/xml.lua "$@"; }

# choices PLAN: micro_batch, accumulate and bytes of every row of the table
choices() { awk -F '  +' '/^micro-batches/ { on = 1 } on && $2 ~ /^[0-9]+$/ { gsub(" ", "", $4); print $2, $3, $4 }' "$1"; }
# told PLAN LINE: the bytes of that line of its memory
told() { awk -F '  +' -v line="$2" '/^memory, bytes/ { on = 1 } on && index($2, line) == 1 { gsub(" ", "", $3); print $3; exit }' "$1"; }

# asked MODEL OPTION...: the bytes that the generated program asks for
asked() {
    local model=$1 name
    shift
    name=$(basename "$model" .lua)
    generate "$work/$name.c" "$model" --library "$@" || return
    cat > "$work/ask.c" << EOF
#include <stdio.h>
#include "program.h"
extern const Program gagen_$name;
int main(void) { printf("%ld", gagen_$name.device.memory); }
EOF
    compile "$work/ask" "$work/ask.c $work/$name.c" gagen && "$work/ask"
}

# ---- the text, for every model at hand
for model in examples/mnist_mlp.lua examples/mnist_cnn.lua examples/multitask.lua tests/models/*.lua tests/golden/*.lua; do
    name=$(basename "$model" .lua)
    plan=$work/$name.txt
    start=$(date +%s%N)
    ./gagen plan --svg "$work/$name.svg" "$model" > "$plan" 2> "$work/errors"; rc=$?
    ms=$((($(date +%s%N) - start) / 1000000))
    [ $rc -eq 0 ] && [ $ms -lt 5000 ]; tell $? "gagen plan $model  # $ms ms"
    ./gagen -t c --dump=read_model "$model" > "$work/graph"
    want=$(awk '$2 == "param" { n = 1; match($0, /\[[^]]*\]/); k = split(substr($0, RSTART + 1, RLENGTH - 2), d, ", "); for (i = 1; i <= k; i++) n *= d[i]; sum += n } END { print sum + 0 }' "$work/graph")
    got=$(awk -F '  +' '$2 == "all" || $2 == "statistics" || $2 == "frozen" { gsub(" ", "", $3); sum += $3 } sum != "" && /^$/ { print sum; exit }' "$plan")
    [ "$got" = "$want" ]; tell $? "$name: $got parameters are those of the graph"
    ./gagen -t c --dump=join "$model" > "$work/memory"
    arena=$(awk '/^arena [0-9]/ { print $2 * 4 }' "$work/memory")
    [ "$(told "$plan" arena)" = "$arena" ]; tell $? "$name: the arena is the plan's, $arena bytes"
    yes "$name: the picture is well-formed" xml "$work/$name.svg"
    missing=$(awk '$2 == "arena" { print $1 }' "$work/memory" | while read -r b; do has "$work/$name.svg" "$b" || echo "$b"; done)
    [ -z "$missing" ]; tell $? "$name: the picture has every buffer  # $missing"
done
xml "$work/mnist_cnn.svg" > /dev/null && ! has "$work/mnist_cnn.svg" "no_such_buffer"; tell $? "control: not one that is not there"
bars=$(grep -c '<rect[^>]*><title>' "$work/mnist_cnn.svg")
[ "$bars" = "$(grep -c '^  [^ ]* *arena ' "$work/mnist_cnn.txt" "$work/memory" | awk -F: '{ n = $2 } END { print n }')" ] || [ "$bars" = "$(./gagen -t c --dump=join examples/mnist_cnn.lua | grep -c '^  [^ ]* *arena ')" ]
tell $? "a bar for every buffer of the arena, $bars"
for word in "peak 5." "forward" "backward" "net.0" "lower bound" "prefers-color-scheme: dark"; do yes "the picture says $word" has "$work/mnist_cnn.svg" "$word"; done
./gagen plan -o "$work/alone.svg" examples/mnist_cnn.lua > "$work/said" 2>&1 && [ ! -s "$work/said" ] && cmp -s "$work/alone.svg" "$work/mnist_cnn.svg"
tell $? "-o FILE.svg: the same picture, and no text"
./gagen plan examples/mnist_cnn.lua > "$work/again.txt"; cmp -s "$work/again.txt" "$work/mnist_cnn.txt"; tell $? "the same text twice"

# ---- layers
layer() { awk -F '  +' -v name="$2" '$2 == name { print $3 "|" $4 "|" $5; exit }' "$1"; }
[ "$(layer "$work/mnist_cnn.txt" net.8)" = "Linear + relu + dropout|[N, 120]|96 120" ]; tell $? "a layer: its kind, output and parameters"
# PyTorch counts 11,173,962 and has 2 x 4,800 running statistics
./gagen plan examples/resnet18.lua > "$work/resnet18.txt"
counted() { awk -F '  +' -v name="$2" '$2 == name { print $3; exit }' "$1"; }
[ "$(counted "$work/resnet18.txt" all) $(counted "$work/resnet18.txt" statistics)" = "11 173 962 9 600" ]; tell $? "ResNet-18: parameters are those trained, running statistics stand apart"
./gagen -D epochs=1 examples/resnet18.lua | grep -q '^   statistics *9 600$'; tell $? "so does its program"
./gagen plan -D freeze=true tests/models/batch_norm.lua > "$work/frozen.txt"
[ -n "$(counted "$work/frozen.txt" frozen)" ] && [ -z "$(counted "$work/resnet18.txt" frozen)" ]; tell $? "frozen parameters, too: $(counted "$work/frozen.txt" frozen)"
step=$(./gagen -t c examples/mnist_cnn.lua | sed -n 's/^   a micro-step   \([0-9.]*\) MFLOP.*/\1/p')
all=$(awk -F '  +' '$2 == "all" { print $4 + $5; exit }' "$work/mnist_cnn.txt")
yes "forward and backward are the micro-step's work: $all of $step MFLOP" near "$all" "$step" 0.01
no "the forward part alone" near "$(awk -F '  +' '$2 == "all" { print $4; exit }' "$work/mnist_cnn.txt")" "$step" 0.01
if trainer multitask examples/multitask.lua; then
    "$work/multitask" --steps 1 --save "$work/multitask.safetensors" > "$work/said" 2>&1
    want=$(lua5.4 - "$work/multitask.safetensors" << 'EOF'
local f, sum = io.open(arg[1], "rb"), 0
local header = f:read((string.unpack("<I8", f:read(8))))
for name, shape in header:gmatch('"([%w_.]+)":{"dtype":"F32","shape":(%b[])') do
  local n = 1
  for d in shape:gmatch("%d+") do n = n * tonumber(d) end
  if not name:find("^optimizer%.") then sum = sum + n end
end
print(sum)
EOF
    )
    got=$(awk -F '  +' '$2 == "all" { gsub(" ", "", $3); print $3; exit }' "$work/multitask.txt")
    [ "$got" = "$want" ]; tell $? "$got parameters are those of the checkpoint, $want"
fi

# ---- memory, against programs
for model in examples/mnist_mlp.lua examples/multitask.lua tests/models/peer_b.lua tests/golden/terms.lua; do
    name=$(basename "$model" .lua)
    choices "$work/$name.txt" > "$work/choices"
    before=
    while read -r micro accumulate bytes; do
        got=$(asked "$model" -D "micro_batch=$micro")
        [ "$got" = "$bytes" ]; tell $? "$name: $accumulate x $micro asks for $bytes bytes"
        [ -n "$got" ] && [ "$got" != "$before" ]; tell $? "control: not for the row before"
        before=$bytes
    done << EOF
$(awk 'NR % 3 == 1' "$work/choices")
EOF
done

# A micro-batch that the model forbids is left out of the table; where it was asked for, or none is left, it is an error.
noise=tests/models/window_scale.lua
grep -q '^ *2  not allowed in this model' "$work/window_scale.txt"; tell $? "a micro-batch that the model forbids is told"
./gagen -t c --memory 900GB $noise 2> "$work/errors" | grep -q 'window   batch 2 = 2 x 1'; tell $? "memory does not choose it"
no "it is told of no error" has "$work/errors" "error:"
forbidden() { ./gagen plan "$@" $noise > "$work/out" 2> "$work/errors"; [ $? -eq 1 ] && [ ! -s "$work/out" ] && [ "$(grep -c 'accumulate has to be 2 or more' "$work/errors")" = 1 ]; }
yes "asked for, it is an error" forbidden -D micro_batch=2
yes "so it is where memory has no other" forbidden --memory 900GB -D batch=1

# ---- resident memory: at most the plan, the data and 4 MB
cat > "$work/resident.c" << 'EOF'
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
int main(int argc, char **argv)
{
    struct rusage use;
    int status = argc < 2;
    if (fork() == 0) { close(1); dup(2); execv(argv[1], argv + 1); _exit(127); }
    wait4(-1, &status, 0, &use);
    printf("%ld\n", use.ru_maxrss * 1024);
    return status != 0;
}
EOF
$CC -w -o "$work/resident" "$work/resident.c"; tell $? "a way to ask for resident memory"
# held PROGRAM OPTION...: "bytes held, bytes of data" of a short run
held() { "$work/resident" "$work/$1" --steps 3 --threads 2 --save "$work/$1.held" 2> "$work/run" && sed -n 's/.* MiB and data \([0-9.]*\) MiB$/\1/p' "$work/run" | awk '{ printf "%.0f\n", ($1 + 0.05) * 1048576 }'; }
while read -r program model options; do
    # shellcheck disable=SC2086
    trainer "$program" "$model" $options || continue
    # shellcheck disable=SC2046
    set -- $(held "$program")
    # shellcheck disable=SC2086
    ./gagen plan $options "$model" > "$work/held.txt"
    plan=$(told "$work/held.txt" all)
    [ "${1:-0}" -gt 1000000 ] && [ "$1" -le $((plan + ${2:-0} + 4000000)) ]; tell $? "$model $options: holds $1, planned $plan, data $2"
done << 'EOF'
mlp examples/mnist_mlp.lua
cnn examples/mnist_cnn.lua -D data=data/digits
cars examples/multitask.lua
large examples/mnist_cnn.lua -D data=data/digits -D batch=256 -D micro_batch=256
EOF
# shellcheck disable=SC2046
set -- $(held large)
./gagen plan -D batch=256 -D micro_batch=128 examples/mnist_cnn.lua > "$work/held.txt"
[ "$1" -gt $(($(told "$work/held.txt" all) + $2 + 4000000)) ]; tell $? "control: not what half of its micro-batch is planned to hold"

# ---- the largest that fits
# chosen MODEL MEMORY: the micro-batch in the banner
chosen() { ./gagen -t c -D recompute=none --memory "$2" "$1" 2> "$work/errors" | sed -n 's/^   window   batch [0-9]* = [0-9]* x \([0-9]*\),.*/\1/p'; }
model=examples/mnist_cnn.lua
choices "$work/mnist_cnn.txt" > "$work/choices"
last=
while read -r micro accumulate bytes; do
    [ "$(chosen $model "${bytes}B")" = "$micro" ]; tell $? "$bytes bytes: micro_batch $micro"
    [ "$(chosen $model "$((bytes - 1))B")" = "$last" ]; tell $? "a byte less: ${last:-none}"
    last=$micro
done < "$work/choices"
[ "$(chosen $model 900GB)" = "$last" ]; tell $? "all the memory there is: the batch"
budget=8000000
micro=$(chosen $model 8MB)
yes "the table is shown" has "$work/errors" "micro-batches of batch 128 in memory = 8MB, 8 000 000 bytes"
yes "with what is chosen" grep -q "^  *$micro .*  chosen$" "$work/errors"
yes "and what is too large" grep -q "^  *$((micro * 2)) .*  too large$" "$work/errors"
[ "$(asked $model --memory 8MB 2> /dev/null)" -le $budget ]; tell $? "8 MB: the program with micro_batch $micro fits"
[ "$(asked $model -D micro_batch=$((micro * 2)))" -gt $budget ]; tell $? "that with $((micro * 2)) does not"
./gagen -t c --memory 8MB $model 2> /dev/null | grep -v 'written by gagen\|is chosen for memory' > "$work/by_memory.c"
./gagen -t c -D micro_batch="$micro" $model | grep -v 'written by gagen' > "$work/by_hand.c"
cmp -s "$work/by_memory.c" "$work/by_hand.c"; tell $? "it is the program with micro_batch = $micro"
sed 's/micro_batch = 32/memory = "8 MB"/' $model > "$work/mnist_cnn.lua"
./gagen -t c "$work/mnist_cnn.lua" 2> "$work/errors" > "$work/in_file.c"
grep -q "micro_batch $micro is chosen for memory = 8 MB: it takes 7.52 MiB, $((micro * 2)) would take" "$work/in_file.c"; tell $? "memory in the file: the banner says what was chosen"
yes "and so does standard error" has "$work/errors" "in memory = 8 MB"
./gagen plan "$work/mnist_cnn.lua" 2> "$work/errors" | grep -q "^  *$micro .*  chosen$" && [ ! -s "$work/errors" ]; tell $? "plan shows it too, once"
./gagen -t c -D micro_batch=4 "$work/mnist_cnn.lua" 2> "$work/errors" | grep -q 'batch 128 = 32 x 4' && [ ! -s "$work/errors" ]; tell $? "-D micro_batch stands before the file's memory"
start=$(date +%s%N)
./gagen -t c -D batch=5040 --memory 64MB $model > /dev/null 2> "$work/errors"; rc=$?
ms=$((($(date +%s%N) - start) / 1000000))
[ $rc -eq 0 ] && [ $ms -lt 10000 ] && [ "$(grep -c '^ *[0-9][0-9]* ' "$work/errors")" = 60 ]; tell $? "a batch of 60 divisors takes seconds  # $ms ms"

# ---- what does not fit, and what is no size
./gagen -t c -D recompute=none --memory 1MB $model > "$work/out.c" 2> "$work/errors"
rc=$?
missing=$(($(head -n 1 "$work/choices" | cut -d' ' -f3) - 1000000))
[ $rc -eq 1 ] && [ ! -s "$work/out.c" ] && tr -d ' ' < "$work/errors" | grep -q "error:memory=1MB:notevenmicro_batch=1fits,by.*MiB(${missing}bytes)"
tell $? "not even 1 fits: exit 1, by how much, $missing bytes"
sed -i 's/8 MB/1 MB/' "$work/mnist_cnn.lua"
./gagen -t c "$work/mnist_cnn.lua" > "$work/out.c" 2> "$work/errors"
[ $? -eq 1 ] && grep -q "mnist_cnn.lua:17: error: memory = 1 MB: not even" "$work/errors"; tell $? "and where the memory was said"
# size TEXT BYTES
size() { ./gagen plan --memory "$1" tests/golden/one.lua 2> /dev/null | tr -d ' ' | grep -q "inmemory=.*,$2bytes"; tell $? "$1 is $2 bytes"; }
size 6GB 6000000000; size "6 GB" 6000000000; size 1.5MiB 1572864; size 2GiB 2147483648; size 70KB 70000; size 64KiB 65536; size 1TB 1000000000000
for bad in 6 "6 Gb" GB -1GB 0GB inf 0x10MB "6 GB!" nanGB "" 1e30GB; do
    ./gagen plan --memory "$bad" tests/golden/one.lua > "$work/out" 2> "$work/errors"
    [ $? -eq 2 ] && [ ! -s "$work/out" ] && grep -q "^gagen: --memory" "$work/errors"; tell $? "no size: '$bad'"
done
./gagen plan --gflops 0 tests/golden/one.lua 2> "$work/errors"; [ $? -eq 2 ] && has "$work/errors" "--gflops 0"; tell $? "no rate: 0"
./gagen -t c --memory 6GB -D micro_batch=2 $model 2> "$work/errors" | grep -q 'batch 128 = 64 x 2' && [ ! -s "$work/errors" ]; tell $? "--memory and -D micro_batch together: it has to fit"
./gagen plan tests/errors/mixes_samples.lua > "$work/out" 2> "$work/errors"; [ $? -eq 1 ] && [ ! -s "$work/out" ] && [ "$(grep -c 'error:' "$work/errors")" = 1 ]
tell $? "a broken model: its error, once"
./gagen plan tests/errors/product.lua > "$work/out" 2> "$work/errors"; [ $? -eq 1 ] && [ ! -s "$work/out" ] && [ "$(grep -c 'error:' "$work/errors")" = 1 ]
tell $? "an error that a later stage finds: once"
./gagen plan --library $model > "$work/out" 2> "$work/errors"; [ $? -eq 2 ] && has "$work/errors" "gagen plan takes no --library"; tell $? "an option of another command"
./gagen plan $model > /dev/full 2> "$work/errors"; [ $? -eq 3 ]; tell $? "a full disk is told"

# ---- time
fast=$(./gagen plan --gflops 1000 --gbytes 200 $model | awk -F '  +' '/^micro-batches/ { on = 1 } on && $2 == 32 { print $8 }')
slow=$(./gagen plan --gflops 100 --gbytes 20 $model | awk -F '  +' '/^micro-batches/ { on = 1 } on && $2 == 32 { print $8 }')
yes "ten times the machine, a tenth of the time: $slow and $fast ms" near "$fast" "$(awk -v s="$slow" 'BEGIN { print s / 10 }')" 0.01
awk -F '  +' '/^micro-batches/ { on = 1 } on && $2 ~ /^[0-9]+$/ { if (n && $8 > n * 1.0001) bad = 1; n = $8 } END { exit bad }' "$work/mnist_cnn.txt"
tell $? "a larger micro-batch is not predicted to be slower"

# ---- a device: what the program asks for is at most the plan, and hardly less
. tests/cuda/emu.sh
if command -v "$CXX" > /dev/null; then
    while read -r model options; do
        name=$(basename "$model" .lua)
        # shellcheck disable=SC2086
        ./gagen plan -t cuda $options "$model" > "$work/plan" 2> "$work/errors" && ./gagen -t cuda $options "$model" > "$work/$name.cu"
        echo 'extern "C" { char asks[sizeof(Device) + GG_WORKSPACE]; }' >> "$work/$name.cu"
        # shellcheck disable=SC2086
        $CXX -x c++ $emu_flags -w -O0 -c "$work/$name.cu" -o "$work/$name.o" 2> "$work/errors" \
            || { tell 1 "$name.cu compiles"; head -n 5 "$work/errors" | sed 's/^/# /'; continue; }
        got=$(nm -S --radix=d "$work/$name.o" | awk '$4 == "asks" { print $2 + 0 }') plan=$(told "$work/plan" all)
        [ "$got" -le "$plan" ] && [ $((plan - got)) -lt 4096 ]; tell $? "$name $options on a device: $got bytes of the $plan planned"
    done << 'EOF'
examples/mnist_cnn.lua
examples/mnist_cnn.lua -D precision=bf16
examples/mnist_mlp.lua -D precision=bf16 -D micro_batch=128
tests/models/peer_a.lua
tests/golden/terms.lua
EOF
fi
finish

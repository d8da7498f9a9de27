#!/bin/sh
# The runtime with a device after the program: gagen_cuda.h under nvcc, and a program written by hand (tests/cuda/runtime/mlp.cu) in
# the emulator, beside its twin in C (tests/runtime/mlp.h).
. tests/lib.sh
. tests/cuda/emu.sh
nvcc=${NVCC:-$(command -v nvcc || echo /usr/local/cuda/bin/nvcc)}
mlp=tests/cuda/runtime/mlp.cu

# ---- headers ----
printf '#include "program.h"\n#include "philox.h"\n#include "library.h"\nint main() { return (int)noise_uniform(1, 2, 3, 4); }\n' > "$work/headers.cpp"
yes "program.h, philox.h and library.h are C++" g++ -std=c++17 -Wall -Wextra -Wpedantic -Werror -Iruntime -c "$work/headers.cpp" -o "$work/headers.o"
strict() { "$nvcc" -std=c++17 -arch=sm_80 --fmad=false -Werror all-warnings -Xptxas -warn-spills -Iruntime "$1" -c -o "$work/device.o"; }
if [ -x "$nvcc" ]; then
    yes "nvcc has nothing to say of gagen_cuda.h" strict $mlp
    sed 's/gg_fold_sum<32>(e)/gg_fold_sum<48>(e)/' $mlp > "$work/half.cu"
    no "a fold of half a warp does not compile" sh -c "\"$nvcc\" -std=c++17 -arch=sm_80 -Iruntime \"$work/half.cu\" -c -o \"$work/half.o\" 2> /dev/null || exit 1"
fi

# ---- the emulator ----
emu_library || tell 1 "the emulator compiles"

# emulated OUT HEADERS OBJECTS FLAG...: mlp.cu with the headers of that directory and objects before the library's
emulated() {
    local out=$1 headers=$2 objects=$3
    shift 3
    RT=$headers
    EMU_CFLAGS="$*" emu_build "$work/$out" "${source:-$mlp}" $objects -L. -lgagen $zlib -lpthread 2> "$work/errors" && [ ! -s "$work/errors" ] && return
    tell 1 "$mlp compiles for the emulator"
    head -n 20 "$work/errors" | sed 's/^/# /'
}
emulated device runtime ''
emulated carry runtime '' "-DTAIL='c'"
emulated apart runtime '' -DSKIPS=true
emulated chunks runtime '' -DVALID=0.4
$CC -std=gnu11 -O2 -ffp-contract=off -Iruntime tests/runtime/train_mlp.c -L. -lgagen $zlib -lm -lpthread -o "$work/host"
$CC -std=gnu11 -O2 -ffp-contract=off -Iruntime -DTAIL="'c'" tests/runtime/train_mlp.c -L. -lgagen $zlib -lm -lpthread -o "$work/host_carry"
$CC tests/runtime/squares.c -o "$work/squares"
rm -rf "$work/data"
mkdir -p "$work/data/squares"
"$work/squares" "$work/data/squares"
GAGEN_DATA=$PWD/$work/data
export GAGEN_DATA

# run PROGRAM LOG OPTION...: train it;  same A B: two logs are the same but for the clock
run() { local program=$work/$1 log=$work/$2; shift 2; "$program" --log "$log" "$@" > "$work/out" 2> "$work/err"; }
same() { [ -s "$work/$1" ] && [ "$(log_facts "$work/$1")" = "$(log_facts "$work/$2")" ]; }
close_to() {
    log_field "$work/$1" loss > "$work/a"; log_field "$work/$2" loss > "$work/b"
    paste "$work/a" "$work/b" | awk -v least="$3" '{ d = $1 - $2; if (d < 0) d = -d; if (!(d <= 1e-4 * $2)) bad = 1 } END { exit bad || NR < least }'
}
tensors() { tail -c 11072 "$1" | cksum; }

run device device.jsonl --save "$work/device.st"; run host host.jsonl --save "$work/host.st"
yes "a run's losses are those of the program in C" close_to device.jsonl host.jsonl 78
run host other.jsonl --seed 2
no "another seed's are not" close_to device.jsonl other.jsonl 78
run carry carry.jsonl; run host_carry host.jsonl
yes "also where windows go on into the next epoch" close_to carry.jsonl host.jsonl 75
for order in 0 1 2; do
    for stream in 0 1; do
        export GG_EMU_ORDER=$order GG_STREAM=$stream
        run device again.jsonl
        yes "order $order, GG_STREAM=$stream: the same numbers" same again.jsonl device.jsonl
        [ "$(grep -c streamed "$work/out")" -eq "$stream" ]; tell $? "and the plan says so: $(head -n 1 "$work/out")"
    done
done
unset GG_EMU_ORDER GG_STREAM
export GG_NO_GRAPH=1
run device again.jsonl
unset GG_NO_GRAPH
yes "without graphs: the same numbers" same again.jsonl device.jsonl

# ---- one window under way while the next one is made ----
run apart apart.jsonl
yes "each window's line has its own numbers" same apart.jsonl device.jsonl
sed 's/s->lr, w->norm/w->lr, w->norm/' runtime/log.c > "$work/log.c"
! cmp -s runtime/log.c "$work/log.c"; tell $? "the control is another text"
$CC -std=gnu11 -O2 -Iruntime -c "$work/log.c" -o "$work/log.o"
emulated mixed runtime "$work/log.o"
run mixed again.jsonl
no "a line with the newest window's rate is seen" same again.jsonl device.jsonl

# ---- faults of the host's side that must not pass ----
export GG_STREAM=1
run chunks chunks.jsonl
unset GG_STREAM
run chunks again.jsonl
yes "an evaluation in chunks: the same, streamed" same chunks.jsonl again.jsonl
# fault WHAT SED: with that change of gagen_cuda.h some order of work fails or differs
fault() {
    rm -rf "$work/fault"; mkdir -p "$work/fault"; cp runtime/*.h "$work/fault"
    sed -i "$2" "$work/fault/gagen_cuda.h"
    cmp -s runtime/gagen_cuda.h "$work/fault/gagen_cuda.h"; [ $? -eq 1 ] || tell 1 "fault: $2 changes something"
    emulated fault_program "$work/fault" '' -DVALID=0.4
    GG_STREAM=1 run fault_program again.jsonl && same again.jsonl chunks.jsonl
    [ $? -ne 0 ]; tell $? "control: $1"
}
fault "a slot filled while it is read is seen" '/cudaEventSynchronize(gg_cuda.read/d'
fault "rows used before they are there are seen" '/cudaStreamWaitEvent/d'
fault "sums read before they are there are seen" '/cudaEventSynchronize(gg_cuda.done/d'
fault "a copy that does not wait for the work before it is seen" '/cudaStreamSynchronize(gg_stream));/d'

# ---- checkpoints ----
[ "$(tensors "$work/device.st")" != "$(tensors "$work/host.st")" ]; tell $? "control: the file holds the device's weights"
kills=0
rm -f "$work"/k.*
run device ref.jsonl --epochs 30 --save-every 1 --save "$work/ref.st"
for n in 1 2 3 4 5 6; do
    "$work/device" --epochs 30 --save-every 1 --save "$work/k.st" --log "$work/k.jsonl" --resume > "$work/out" 2>&1 &
    pid=$!
    sleep 0.$((n * 2 + 1))
    kill -9 $pid 2> /dev/null && kills=$((kills + 1))
    wait $pid 2> /dev/null
done
run device k.jsonl --epochs 30 --save-every 1 --save "$work/k.st" --resume
yes "$kills kills, then --resume: the log of an uninterrupted run" same k.jsonl ref.jsonl
[ "$(tensors "$work/k.st")" = "$(tensors "$work/ref.st")" ]; tell $? "its weights and moments"
[ "$(tensors "$work/k.st.best")" = "$(tensors "$work/ref.st.best")" ]; tell $? "and its best checkpoint"
sed 's/gg_copy_out(&host, &device->s, sizeof host);//' $mlp > "$work/forgets.cu"
source=$work/forgets.cu
emulated forgets runtime ''
source=
run forgets again.jsonl --save "$work/f.st"
[ "$(tensors "$work/f.st")" != "$(tensors "$work/device.st")" ]; tell $? "control: a program that fetches nothing saves something else"
"$work/device" --epochs 100000 --save "$work/s.st" > "$work/out" 2>&1 &
pid=$!
sleep 0.5
kill -INT $pid
wait $pid
rc=$?
[ $rc -eq 130 ] && grep -q 'stopped after update .*saved to' "$work/out"; tell $? "SIGINT: what was under way finished, saved, exit $rc: $(tail -n 1 "$work/out")"
"$work/device" --eval --load "$work/device.st" > "$work/out" 2>&1; "$work/host" --eval --load "$work/device.st" > "$work/b" 2>&1
yes "--eval: the program in C says the same of what was saved" cmp "$work/out" "$work/b"

# ---- profiles ----
run device again.jsonl --profile
yes "--profile: the same numbers" same again.jsonl device.jsonl
awk '/^kernel/ { on = 1; next } on { if (NF != 5 || (n && $3 > last)) bad = 1; last = $3; n++; k5 += /^k5_cross_entropy +349 / } END { exit bad || n != 12 || k5 != 1 }' "$work/out"
tell $? "and a table of 12 kernels, slowest first, with their launches"
"$work/host" --profile > "$work/out" 2> "$work/err"; [ $? -eq 2 ] && grep -q "runs on the CPU" "$work/err"; tell $? "C: $(cat "$work/err")"

# ---- devices that are not there, or small ----
# refused WHAT PATTERN SETTING: exit 3 with a message
refused() {
    env "$3" "$work/device" > "$work/out" 2> "$work/err"
    [ $? -eq 3 ] && grep -q "^error: $2" "$work/err"; tell $? "$1: exit 3: $(cat "$work/err")"
}
refused "no device" "no CUDA device answers: gagen -t c" GG_EMU_DEVICES=0
refused "a device too small" "the device has no 32.0 MiB left" GG_EMU_MEMORY=1000000
GG_EMU_MEMORY=33694432 run device again.jsonl
grep -q streamed "$work/out"; tell $? "data of more than a quarter of the memory is streamed"
yes "with the same numbers" same again.jsonl device.jsonl

# ---- the library ----
$CC -std=gnu11 -O1 -ffp-contract=off -DDEVICE -DSAVED="\"$work/embed.st\"" -Iruntime -Itests/runtime -c tests/runtime/embed.c -o "$work/embed.o"
emulated embed runtime "$work/embed.o" -DLIBRARY
for order in 0 1; do
    GG_EMU_ORDER=$order "$work/embed" "$GAGEN_DATA/squares" > "$work/out" 2>&1
    tell $? "order $order: the library's facts"
    grep '^not ok' "$work/out" | sed 's/^/# /'
    [ "$(grep -c '^ok' "$work/out")" -eq 17 ]; tell $? "all 17"
done
GG_EMU_DEVICES=0 "$work/embed" "$GAGEN_DATA/squares" > "$work/out" 2>&1
[ "$(tail -n 1 "$work/out")" = 1..17 ] && grep -q '^not ok 2' "$work/out"; tell $? "no device: gg_open says so, and the process goes on"
finish

#!/bin/sh
# memory.t -- cases 40 and 41: an arena near its bound, the same for every K; losses that share nothing run one after another.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
window_data
model=tests/models/two_models.lua
arena() { ./gagen --dump=join "$@" | awk '/^arena [0-9]/ { print $2 }'; }
# fits JOINT ONE TWO: the first is at most 1 % more than the larger of the others
fits() { awk -v j="$1" -v a="$2" -v b="$3" 'BEGIN { exit !(j > 0 && j <= 1.01 * (a > b ? a : b)) }'; }

# ---- 41: one graph at a time
for target in c cuda; do
    joint=$(arena -t $target $model) one=$(arena -t $target -D only=1 $model) two=$(arena -t $target -D only=2 $model)
    yes "41. two models, $target: $joint numbers, alone $one and $two" fits "$joint" "$one" "$two"
    no "41. their sum" fits $((one + two)) "$one" "$two"
done
./gagen -t c --dump=partition $model | awk '/^micro-step/ { print $2 }' | tr '\n' ' ' | grep -q 'forward backward forward backward'; tell $? "41. forward, backward, forward, backward"
n=$(./gagen -t c --dump=partition -D share=1 $model | grep -c 'writes gradient of trunk.weight$')
[ "$n" -eq 1 ] && [ "$(./gagen -t c --dump=partition -D share=1 $model | awk '/^micro-step/' | wc -l)" -eq 4 ]; tell $? "41. two heads on a trunk: it runs backward once, after both"
for only in 0 1 2; do prober two_$only $model gagen -D only=$only && "$work/two_$only" "$data" - 2 1 1 > "$work/two_$only.out"; done
joined() { grep '^gradient' "$work/two_1.out"; grep '^gradient' "$work/two_2.out"; }
{ grep '^loss' "$work/two_0.out"; joined; } > "$work/apart.out"
yes "41. gradients are those of each model alone" compare "$work/two_0.out" "$work/apart.out" --gradient 1e-6 --tensor 1e-6
sed 's/\(to->scale_in\[1\] = \).*;/\10;/' "$work/two_0.c" > "$work/half.c"
! cmp -s "$work/half.c" "$work/two_0.c" && compile "$work/half" "tests/probe.c $work/half.c" gagen -DPROGRAM=two_models && "$work/half" "$data" - 2 1 1 > "$work/half.out"
no "41. where one model's backward starts from zero" compare "$work/half.out" "$work/apart.out" --gradient 1e-6
prober plain $model gagen --no-reuse && "$work/plain" "$data" - 2 1 1 | cmp -s - "$work/two_0.out"; tell $? "41. the same bits where every buffer has its own place"
. tests/cuda/emu.sh
if command -v "$CXX" > /dev/null && emu_library; then
    cuda_prober device $model gagen && "$work/device" "$data" - 1 1 1 > "$work/device.out"
    yes "41. and in CUDA" compare "$work/device.out" "$work/apart.out" --gradient 1e-5 --tensor 1e-4
fi

# ---- near the bound
near_bound() { awk '/^arena [0-9]/ { sub(",", "", $6); n++; if ($2 > 1.05 * $6) bad = 1 } END { exit !n || bad }' "$1"; }
far=
for m in examples/*.lua bench/models/*.lua; do
    grep -q '^train' "$m" || continue
    for target in c cuda; do
        for level in none all; do
            ./gagen -t $target -D recompute=$level --dump=join "$m" > "$work/plan" 2> "$work/errors" && near_bound "$work/plan" || far="$far $target:$m:$level"
        done
    done
done
[ -z "$far" ]; tell $? "every example's arena is within 5 % of its lower bound, with and without recomputation $far"
./gagen -t c --no-reuse --dump=join examples/mnist_cnn.lua > "$work/plan"
no "an arena where nothing is reused" near_bound "$work/plan"

# ---- 40: resident memory, K = 1 and K = 1,024
cat > "$work/most.c" << 'EOF'
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
    printf("%ld\n", use.ru_maxrss);
    return status != 0;
}
EOF
$CC -w -o "$work/most" "$work/most.c"
for k in 1 1024; do
    trainer window_$k tests/models/chain.lua -D depth=4 -D batch=$k -D micro_batch=1
    "$work/most" "$work/window_$k" --data "$data" --steps 1 --threads 1 --save "$work/window.safetensors" > "$work/most_$k" 2> "$work/said" || cat "$work/said"
done
trainer window_wide tests/models/chain.lua -D depth=4 -D batch=1024 -D micro_batch=1024
"$work/most" "$work/window_wide" --data "$data" --steps 1 --threads 1 --save "$work/window.safetensors" > "$work/most_wide" 2> "$work/said"
same() { awk -v a="$(cat "$work/most_$1")" -v b="$(cat "$work/most_$2")" 'BEGIN { d = a - b; exit !(a > 1000 && b > 1000 && d < 500 && d > -500) }'; }
yes "40. resident memory is the same for K = 1 and K = 1,024: $(cat "$work/most_1") and $(cat "$work/most_1024") KiB" same 1 1024
no "40. for 1,024 rows at once: $(cat "$work/most_wide") KiB" same 1 wide
finish

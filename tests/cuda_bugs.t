#!/bin/sh
# cuda_bugs.t -- bugs planted in generated CUDA, or in a copy of gagen_cuda.h: each is caught by its name. "the emulator: WORDS" is
# what it says of the program, "numbers": it makes all updates, and their losses or norms are not those of the one without the bug.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }

# 38 rows: two whole windows of 16 and one of 6, whose last micro-batch has two
awk 'BEGIN {
    for (n = s = 1; n <= 39; n++)
        for (c = 1; c <= 101; c++) {
            if (n > 1) s = s * 16807 % 2147483647
            printf "%s%s", n == 1 ? "c" c : c == 101 ? s % 5 : s % 17 - 8, c == 101 ? "\n" : ","
        }
}' > "$work/rows.csv"
for base in late none; do
    generate "$work/$base.cu" tests/cuda/small.lua -t cuda --no-share -D count=$base || finish
done
generate "$work/shared.cu" tests/cuda/small.lua -t cuda || finish

# of NAME: a line of the table, of "|": name, text that is changed, how, what catches it, environment
table() {
    cat <<'END'
a tile's barrier is missing|late+|/void gg_tile(int/,/^}/{/^        __syncthreads/d}|nobody wrote|
a sum's barrier is missing|late+|/real gg_add_shares/,/^}/{/__syncthreads/d}|with no barrier between|GG_EMU_ORDER=1
the barrier between kernels that share a block is missing|shared|/_to_k.*(Device/,/^}/{/__syncthreads/d}|race: |
several blocks add to the same gradient|late|/void k24_sum/,/^}/s/id = blockIdx.x \* 32u + lane/id = lane/;s/GG_RUN(k24_sum_d_bias, 1/GG_RUN(k24_sum_d_bias, 2/|in the same launch|
the guard of a map is missing|late|/void k3_max/,/^}/s/if (id < N \* 75) //|out of bounds|
the guard of the optimizer is missing|late|/void optimize/,/^}/s/if (i < 3200) //|in the same launch|
a float's atomicAdd|late|/void k24_sum/,/^}/s/g.conv.bias\[j\] = .*;/atomicAdd(\&g.conv.bias[j], sum);/|atomicAdd on float|
a pointer that is not aligned|late|/void optimize/,/^}/s/= x_at\[i\]/= (real)*(const double *)(x_at + i)/|aligned|
a kernel reads the host's window|late|/void k9_sum/,/^}/s/gg_micro(dev->w/gg_micro(w/|host memory|
a launch of no blocks|late|s/GG_RUN(k5_normalize_mul_add_tanh, 1,/GG_RUN(k5_normalize_mul_add_tanh, 0,/|a grid of (0,1,1)|
the host waits inside of a graph|late|/^static void micro(int/,/^}/s/GG_RUN(next_micro/gg_check(cudaStreamSynchronize(gg_stream)); &/|cudaStreamSynchronize|
a slot is filled while its copy is in flight|none+|/gg_stage_slot(void)/,/^}/{/staged > 1/d;s/(int)(gg[_a-z]*.staged % 2)/0/;}|the host changed pinned memory|
sums are read before they are there|none+|/cudaEventSynchronize(gg[_a-z]*.done\[slot\])/d|numbers|
kernels do not wait for streamed rows|none+|/cudaStreamWaitEvent(gg_stream, gg[_a-z]*.arrived/d|numbers|GG_STREAM=1
a fold of half the lanes|late+|s/for (int n = 16; n > 0; n >>= 1) x = Op/for (int n = 8; n > 0; n >>= 1) x = Op/|numbers|
next micro-steps store|late|s/micro_next(void) { micro(1); }/micro_next(void) { micro(0); }/|numbers|
the first micro-step adds|late|s/micro_first(void) { micro(0); }/micro_first(void) { micro(1); }/|numbers|
a product's beta is 0 in next micro-steps|late|s/gg_matmul_run(&k16\[beta\])/gg_matmul_run(\&k16[0])/|numbers|
the micro-step's number stays 0|late|/GG_RUN(next_micro/d|numbers|
the learning rate is an argument, baked into the graph|late|s/void optimize(Device \*dev)/void optimize(Device *dev, real baked)/;s/rate = w.rate;/rate = baked;/;s/\(GG_LAUNCH(optimize.*\), device)/\1, device, w.rate)/|numbers|
rows that pad a micro-batch have a gradient|late|s/n < rows ? scale_in0 : 0/scale_in0/|numbers|
rows that pad a micro-batch are counted|late|s/if (n < rows)$/if (n >= 0)/|numbers|
a value is read after its life|late|/void k20_sum/,/^}/s/arena.d_hidden/arena.d_norm/|numbers|
two values that live at once share a place|late|s/struct { real pad[0-9]*\[[0-9]*\], d_norm\[/struct { real d_norm[/|numbers|
conclude before the last micro-step|late|/^static void window_full/,/^}/{/conclude_steps/d;s/micro_first();/& conclude_steps();/}|numbers|
the update before the last gradient|late|/^static void window_full/,/^}/{/update_steps/d;s/conclude_steps();/&/;s/micro_first();/& conclude_steps(); update_steps();/}|numbers|
a leading dimension without its padding|late|/gg_product_open(&k6,/,/});/s/, .b_row = 40//|numbers|
a factor is not transposed|late|/gg_product_open(&k6,/,/});/s/ .b_turned = true,//|numbers|
a product leaves a row out|late|/gg_product_open(&k6,/,/});/s/rows = N/rows = N - 1/|numbers|
END
}

# plant NUMBER: build/tests/cuda_bugs/NUMBER/bug, from the table's line; a + after the text's name: of gagen_cuda.h beside it
plant() (
    work=$work/$1
    mkdir -p "$work"
    rm -f "$work"/bug*  "$work/gagen_cuda.h"
    IFS='|' read -r name text script words with <<END
$(table | sed -n "$1p")
END
    cp "$work/../${text%+}.cu" "$work/bug.cu"
    old=$work/bug.cu
    case $text in *+) old=runtime/gagen_cuda.h ;; esac
    sed "$script" "$old" > "$work/new"
    if cmp -s "$work/new" "$old"; then echo "the text has not changed" > "$work/errors"; return 1; fi
    case $text in *+) mv "$work/new" "$work/gagen_cuda.h" ;; *) mv "$work/new" "$work/bug.cu" ;; esac
    emulated bug gagen > "$work/told"
)

# train PROGRAM DIR VARIABLE...: its losses and norms are DIR/losses, what it says DIR/said; its status
train() {
    local program=$1 dir=$2 status
    shift 2
    rm -f "$dir/log"
    env "$@" timeout 60 "$program" --data "$work/rows.csv" --steps 6 --log "$dir/log" --save "$dir/state" > "$dir/said" 2>&1
    status=$?
    { log_field "$dir/log" loss; log_field "$dir/log" grad_norm; } > "$dir/losses" 2> /dev/null
    return $status
}

count=$(table | wc -l)
for base in late none shared; do mkdir -p "$work/base_$base"; done
{
    { for i in $(seq 1 2 "$count"); do plant "$i"; done; emulated late gagen; } &
    { for i in $(seq 2 2 "$count"); do plant "$i"; done; emulated none gagen; emulated shared gagen; } &
    wait
}
for base in late none shared; do
    train "$work/$base" "$work/base_$base" && [ "$(wc -l < "$work/base_$base/losses")" -eq 12 ]; tell $? "without a bug: $base, 6 updates"
    for order in 1 2; do
        train "$work/$base" "$work" GG_EMU_ORDER=$order GG_STREAM=1 && cmp -s "$work/losses" "$work/base_$base/losses"
        tell $? "without a bug: $base, the same losses in order $order, streamed"
    done
done

# same_losses A B: as many, and nearly the same
same_losses() {
    paste "$1" "$2" | awk '$2 == "" || $1 != $1 + 0 || ($1 - $2) ^ 2 > ($2 * 1e-5) ^ 2 { bad = 1 } END { exit bad || NR != 12 }'
}
same_losses "$work/base_late/losses" "$work/base_shared/losses"; tell $? "shared launches or not: nearly the same losses"
: > "$work/table"
i=0
table > "$work/lines"
while IFS='|' read -r name text script words with; do
    i=$((i + 1)) dir=$work/$i base=${text%+}
    if [ ! -x "$dir/bug" ]; then
        tell 1 "$name: it is a program"
        sed 's/^/# /' "$dir/errors" | head -n 5
        continue
    fi
    # shellcheck disable=SC2086
    train "$dir/bug" "$dir" $with
    status=$?
    if [ "$words" = numbers ]; then
        [ "$(wc -l < "$dir/losses")" -eq 12 ] && ! same_losses "$dir/losses" "$work/base_$base/losses"
        tell $? "$name: caught by numbers"
        found=$(paste "$dir/losses" "$work/base_$base/losses" | awk '$1 != $1 + 0 || ($1 - $2) ^ 2 > ($2 * 1e-5) ^ 2 { n = NR > 6; printf "%s of update %d is %s, not %s", n ? "norm" : "loss", NR - 6 * n, $1, $2; exit }')
    else
        [ $status -ne 0 ] && grep -qF "$words" "$dir/said"
        tell $? "$name: caught by the emulator, \"$words\""
        found=$(grep -m 1 '^gg_emu:\|rror:' "$dir/said" | cut -c 1-170)
    fi
    echo "# $name -> exit $status, ${found:-$(tail -n 1 "$dir/said")}" >> "$work/table"
done < "$work/lines"
cat "$work/table"
finish

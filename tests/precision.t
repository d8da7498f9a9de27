#!/bin/sh
# precision.t -- 16 bits in what is multiplied, fp32 in what is added, in C and in CUDA: ACCEPTANCE's cases by number, each with
# its control.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
window_data
even=tests/models/window_even.lua
want=tests/reference/windows.txt
run() { "$work/$1" "$2" "$3" "$threads" "$4" $5; }
of_target() {
    case $1 in
        c) prober=prober threads=2 ;;
        cuda) prober=cuda_prober threads=1 ;;
    esac
}

# mean_of FILE: the mean, in double, of the gradients that the probe printed of each update
mean_of() {
    awk '/^gradient / { u[$2]; if (!($3 in n)) { n[$3] = $4; order[++names] = $3 }
                        for (i = 5; i <= NF; i++) s[$3, i] += $i }
         END { for (x in u) all++
               for (k = 1; k <= names; k++) { name = order[k]; printf "gradient 1 %s %d", name, n[name]
                 for (i = 5; i < 5 + n[name]; i++) printf " %.17g", s[name, i] / all; print "" } }' "$1"
}

# standalone NEW OPTION...: a probed program of one file, whose runtime can be edited by $edit
standalone() {
    new=$1; shift
    generate "$work/$new.full.c" $even --library --standalone "$@" && sed "$edit" "$work/$new.full.c" > "$work/$new.c"
    if cmp -s "$work/$new.c" "$work/$new.full.c"; then tell 1 "the control $new is another text"; return; fi
    compile "$work/$new" "tests/probe.c $work/$new.c" gagen -DPROGRAM=window_even
}

# flat FILE: of its lines "K error" none is more than a third above another
flat() { awk '{ n++; if (n == 1 || $2 < low) low = $2; if ($2 > high) high = $2 } END { exit !(n > 1 && low > 0 && high <= low * 4 / 3) }' "$1"; }

for target in c cuda; do
    of_target $target
    # ---- 22: K micro-batches, and each by itself at the same weights
    sizes="256 32 4 1"; [ $target = c ] || sizes="256 32"
    rm -f "$work/errors_$target"
    for m in $sizes; do
        k=$((1024 / m))
        $prober sum_${target}_$k $even gagen -D micro_batch=$m -D precision=bf16
        run sum_${target}_$k "$data" "$data/perceptron.safetensors" 1 1 > "$work/sum_${target}_$k.out"
        sed 's/lr = 0.5/lr = 0/; s/batch = 1024, micro/batch = option("batch", 1024), micro/; s/steps = 1,/epochs = 1,/' $even > "$work/window_even.lua"
        $prober one_${target}_$k "$work/window_even.lua" gagen -D micro_batch=$m -D batch=$m -D precision=bf16
        run one_${target}_$k "$data" "$data/perceptron.safetensors" $k "$(seq 1 $k)" > "$work/one.out"
        mean_of "$work/one.out" > "$work/mean_${target}_$k.out"
        yes "22. $target, bf16, K = $k: the sum of the same micro-gradients in double" \
            compare "$work/sum_${target}_$k.out" "$work/mean_${target}_$k.out" --gradient 1e-6
        yes "22. $target, K = $k: near the gradient that rounds nothing" \
            compare "$work/sum_${target}_$k.out" $want --case "even 1024" --gradient 2e-3
        sed -n "s/.*gradient 1, relative L2: \([^ ]*\).*/$k \1/p" "$work/said" >> "$work/errors_$target"
    done
    yes "22. $target: and as near for every K: $(tr '\n' ' ' < "$work/errors_$target")" flat "$work/errors_$target"
    sed '$s/ .*/ 3e-3/' "$work/errors_$target" > "$work/errors_off"
    no "22. $target: an error that grows with K" flat "$work/errors_off"
    no "22. $target: which is not the one in bf16" compare "$work/sum_${target}_32.out" $want --case "even 1024" --gradient 1e-4
done
# The control on rows of one label, whose micro-gradients point the same way.
edit='s/j \* V_LANES, q\[n \* nv + j\])/j * V_LANES, V(factor)(q[n * nv + j]))/'
standalone rounded -D micro_batch=1 -D precision=bf16
prober double $even gagen_double
mkdir -p "$work/same/rows_1024" && cp "$data/rows_1024/images.idx" "$work/same/rows_1024/"
{ head -c 8 "$data/rows_1024/labels.idx"; head -c 1024 /dev/zero; } > "$work/same/rows_1024/labels.idx"
threads=2
for name in rounded double sum_c_4 sum_c_1024; do run $name "$work/same" "$data/perceptron.safetensors" 1 1 > "$work/$name.same"; done
for k in 4 1024; do
    yes "22. c, rows of one label, K = $k: near the gradient that rounds nothing" compare "$work/sum_c_$k.same" "$work/double.same" --gradient 2e-3
done
no "22. an accumulator of 16 bits, K = 1,024" compare "$work/rounded.same" "$work/double.same" --gradient 5e-2

# ---- 23, 24: window_sum's gradient of rows "g,m"
printf 'g,m\n256,1\n1,1\n' > "$work/256.csv"
(echo g,m; seq 1024 | sed 's/.*/0.0009765625,1/') > "$work/1024.csv"
(echo g,m; seq 64 | sed 's/.*/2000,1/') > "$work/64.csv"
gradient() { "$work/$1" "$work/$2.csv" - 1 1 1 | awk '/^gradient/ { print $5 }'; }
for target in c cuda; do
    of_target $target
    for batch in 2 1024; do $prober add_${target}_$batch tests/models/window_sum.lua gagen -D batch=$batch -D precision=bf16; done
    [ "$(gradient add_${target}_2 256)" = 257 ]; tell $? "23. $target: 256 + 1 is 257"
    [ "$(gradient add_${target}_1024 1024)" = 1 ]; tell $? "23. $target: 1,024 times 2^-10 is 1"
    for mean in early late; do
        $prober mean_${target}_$mean tests/models/window_sum.lua gagen -D batch=64 -D mean=$mean -D precision=fp16 -D loss_scale=1
        [ "$(gradient mean_${target}_$mean 64)" = 2000 ]; tell $? "24. $target, fp16, N known $mean: 64 times 2,000 is 2,000 in the mean"
    done
done
even=tests/models/window_sum.lua
generate "$work/s.c" $even --library --standalone -D batch=2 -D precision=bf16 && sed "$edit" "$work/s.c" > "$work/off_2.c"
generate "$work/s.c" $even --library --standalone -D batch=1024 -D precision=bf16 && sed "$edit" "$work/s.c" > "$work/off_1024.c"
generate "$work/s.c" $even --library --standalone -D batch=64 -D mean=late -D precision=fp16 -D loss_scale=1 && sed "$edit" "$work/s.c" > "$work/off_64.c"
for batch in 2 1024 64; do compile "$work/off_$batch" "tests/probe.c $work/off_$batch.c" gagen -DPROGRAM=window_sum; done
[ "$(gradient off_2 256)" = 256 ]; tell $? "control: 23. an accumulator of 16 bits has 256"
[ "$(gradient off_1024 1024)" = 0.25 ]; tell $? "control: 23. and 0.25"
[ "$(gradient off_64 64)" != 2000 ]; tell $? "control: 24. and $(gradient off_64 64)"

# ---- 23: what bf16 with Kahan's compensation would be: as many bytes as fp32, and less exact
$CC -std=gnu11 -O1 -o "$work/kahan" tests/kahan.c -lm && "$work/kahan" > "$work/kahan.out"
# kahan KIND BYTES BOUND: that accumulator has so many bytes, and a relative L2 error of at most BOUND for every K
kahan() { awk -v kind="$1" -v bytes="$2" -v bound="$3" '$1 == kind { good = $2 == bytes && $3 <= bound } END { exit !good }' "$work/kahan.out"; }
yes "23. bf16 with a compensation in bf16, K to 1,024: 4e-3, in 4 bytes" kahan kahan 4 4e-3
yes "23. fp32: 1e-7, in 4 bytes, too" kahan fp32 4 1e-7
no "23. bf16 without one" kahan bf16 2 4e-3
finish

#!/bin/sh
# accumulate.sh -- what another micro-batch costs: windows of 1, 2, 4, ..., 64 micro-batches of 32 rows, the examples mnist_mlp and
# mnist_cnn, minima of interleaved runs of equally many micro-batches; the slope beside a forward and backward alone, and instructions,
# counted by callgrind where there is one. Prints Markdown and draws docs/accumulate.svg. One thread, so that its CPU time can be told
# from its neighbours'; a rate of next to nothing, because weights after more updates are other numbers, and time depends on them.
#   ROUNDS 24   CC cc   CFLAGS "-O3 -march=native"   COUNTED "-O3 -march=x86-64-v3": valgrind knows no wider vectors
set -eu
cd "$(dirname "$0")/.."
: "${ROUNDS:=24}" "${CC:=cc}" "${CFLAGS:=-O3 -march=native}" "${COUNTED:=-O3 -march=x86-64-v3}"
dir=build/bench/accumulate sizes="1 2 4 8 16 32 64" counted="1 2 4 8"
mkdir -p "$dir"
[ -d data/digits ] || make -s data/digits
zlib=$(echo '#include <zlib.h>' | $CC -E - > /dev/null 2>&1 && echo -lz || true)

# build NAME FLAGS SUFFIX; the runtime once
build() {
  mkdir -p "$dir/runtime$3"
  for source in runtime/*.c; do
    object=$dir/runtime$3/$(basename "$source" .c).o
    # shellcheck disable=SC2086
    [ "$object" -nt "$source" ] || $CC -std=gnu11 $2 ${zlib:+-DGAGEN_ZLIB} -Iruntime -c -o "$object" "$source"
  done
  for k in $sizes; do
    [ ! "$dir/$1_$k$3" -nt gagen ] || continue
    ./gagen --library -D batch=$((32 * k)) -D micro_batch=32 -D steps=1000 -D tail=drop -o "$dir/$1_$k.c" "$dir/$1.lua"
    # shellcheck disable=SC2086
    $CC -std=gnu11 $2 -Iruntime -DPROGRAM="gagen_$1" -o "$dir/$1_$k$3" bench/accumulate.c "$dir/$1_$k.c" "$dir/runtime$3"/*.o $zlib -lm -lpthread
  done
}

# instructions NAME K: of one window, the difference of two and one
instructions() {
  for n in 1 2; do
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$dir/$1_$2.counted" data/digits $n - 2>&1 |
      sed -n 's/.*Collected : \([0-9]*\).*/\1/p'
  done | awk 'NR == 1 { one = $1 } END { printf "%.0f", $1 - one }'
}

for net in mnist_mlp mnist_cnn; do
  sed 's/{ [0-9]e-3,/{ 1e-30,/' examples/$net.lua > "$dir/$net.lua"
  build $net "$CFLAGS" ""
  if command -v valgrind > /dev/null; then build $net "$COUNTED" .counted; fi
  : > "$dir/$net.times"
done
round=0
while [ $round -lt "$ROUNDS" ]; do
  for k in $sizes; do
    for net in mnist_mlp mnist_cnn; do
      micros=128
      [ $net = mnist_cnn ] || micros=2048
      echo "$k $("$dir/${net}_$k" data/digits $((micros / k + 1)))" >> "$dir/$net.times"
    done
  done
  round=$((round + 1))
done
for net in mnist_mlp mnist_cnn; do
  for k in $sizes; do
    count=
    case " $counted " in *" $k "*) if command -v valgrind > /dev/null; then count=$(instructions $net $k); fi ;; esac
    awk -v k=$k -v count="$count" '$1 == k { for (i = 2; i <= 4; i++) if (!(i in m) || $i < m[i]) m[i] = $i }
      END { print k, m[2], m[3], m[4], count }' "$dir/$net.times"
  done > "$dir/$net.least"
done

# slope: least squares of the window's time, or instructions, over K
awk '
  FNR == 1 { net = FILENAME; sub(/.*\//, "", net); sub(/\..*/, "", net)
    printf "\n| %s: K | window, ms | a micro-batch more, ms | instructions of a window, millions | a micro-batch more |\n|---|---|---|---|---|\n", net
    n = sx = sy = sxx = sxy = 0; plain = $2; pk = 0 }
  { x = $1; n++; sx += x; sy += $4; sxx += x * x; sxy += x * $4
    printf "| %d | %.3f | %s | %s | %s |\n", $1, $4, pk ? sprintf("%.4f", ($4 - pt) / ($1 - pk)) : "", $5 ? sprintf("%.3f", $5 / 1e6) : "", pk && $5 ? sprintf("%.3f", ($5 - pi) / ($1 - pk) / 1e6) : ""
    pk = $1; pt = $4; pi = $5 }
  n == 7 { slope = (n * sxy - sx * sy) / (n * sxx - sx * sx)
    printf "\nSlope %.4f ms for each micro-batch; a forward and backward alone takes %.4f ms: %.3f of it.\n", slope, plain, slope / plain }
' "$dir/mnist_mlp.least" "$dir/mnist_cnn.least"
awk -f bench/accumulate.awk "$dir/mnist_mlp.least" "$dir/mnist_cnn.least" > docs/accumulate.svg

#!/bin/sh
# gan.t -- examples/gan.lua: its forty epochs make images that are as dark as digits and dark where digits are.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
make -s data/digits > "$work/errors" 2>&1
trainer gan examples/gan.lua -D data=data/digits || finish
"$work/gan" --threads 2 --save "$work/gan.safetensors" --log "$work/gan.jsonl" > "$work/gan.said"
"$work/gan" --steps 1 --save "$work/new.safetensors" > "$work/new.said"
"$work/gan" --load "$work/gan.safetensors" --predict 200 > "$work/gan.csv"
"$work/gan" --load "$work/new.safetensors" --predict 200 > "$work/new.csv"
head -c $((16 + 500 * 784)) data/digits/train-images-idx3-ubyte | tail -c +17 | od -An -v -tu1 -w784 > "$work/digits.txt"

# alike CSV: the mean image of so many predictions beside that of 500 digits: their correlation, and the ratio of their ink
alike() {
    sed 1d "$1" | tr ',' ' ' | awk '
        FILENAME == ARGV[1] { for (i = 1; i <= 784; i++) a[i] += $i / 255; n++; next }
        { for (i = 1; i <= 784; i++) b[i] += $i; m++ }
        END {
            for (i = 1; i <= 784; i++) { a[i] /= n; b[i] /= m; sa += a[i] / 784; sb += b[i] / 784 }
            for (i = 1; i <= 784; i++) { x = a[i] - sa; y = b[i] - sb; xx += x * x; yy += y * y; xy += x * y }
            r = xy / sqrt(xx * yy); ink = sb / sa
            printf "%d images: correlation %.3f, ink %.2f\n", m, r, ink
            exit !(m == 200 && r > 0.8 && ink > 0.7 && ink < 1.4)
        }' "$work/digits.txt" -
}
yes "200 images drawn from noise are dark where digits are, and as dark" alike "$work/gan.csv"
no "those of a generator that has learnt nothing" alike "$work/new.csv"
"$work/gan" --load "$work/gan.safetensors" --predict 200 > "$work/again.csv"
yes "the same again" cmp "$work/gan.csv" "$work/again.csv"
last() { tail -n 1 "$work/gan.jsonl" | sed -n "s/.*\"$1\":\([^,}]*\).*/\1/p"; }
awk -v d="$(last d)" -v g="$(last g)" 'BEGIN { exit !(d > 0.7 && d < 1.4 && g > 0.7 && g < 3) }'
tell $? "neither has won: losses $(last d) and $(last g)"
finish

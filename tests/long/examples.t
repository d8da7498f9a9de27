#!/bin/sh
# examples.t -- every example trains to the result that it states. Controls: three updates are not enough.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh

# program NAME: build/tests/examples/NAME
program() {
    generate "$work/$1.c" "examples/$1.lua" --standalone || return 1
    $CC -O3 -march=native ${zlib:+-DGAGEN_ZLIB} -o "$work/$1" "$work/$1.c" -lm -lpthread $zlib
}

# reaches NAME LEAST OPTION...: the last line that tells test accuracy says no less
reaches() {
    local name=$1 least=$2
    shift 2
    "$work/$name" "$@" 2> "$work/errors" | awk -v least="$least" '
        /^test / { for (i = 1; i < NF; i++) if ($i ~ /accuracy|brand/ && $(i + 1) + 0 > best) best = $(i + 1) + 0 }
        END { print "test accuracy", best; exit !(best >= least) }'
}

# gradients NAME [DATA]: of both builds from the weights after 20 updates; case 54's bound for each tensor
gradients() {
    local x=$1 data=${2:--}
    prober "float_$x" "examples/$x.lua" gagen && prober "double_$x" "examples/$x.lua" gagen_double || return
    "$work/$x" ${2:+--data "$2"} --steps 20 --save "$work/$x.safetensors" > "$work/said" 2>&1
    for threads in 1 2 3; do "$work/float_$x" "$data" "$work/$x.safetensors" $threads 1 1 > "$work/got_$threads"; done
    "$work/double_$x" "$data" "$work/$x.safetensors" 2 1 1 > "$work/double"
    yes "$x: the same bits on 1 and 2 threads" cmp "$work/got_1" "$work/got_2"
    yes "$x: the same bits on 1 and 3 threads" cmp "$work/got_1" "$work/got_3"
    yes "$x: every gradient in float is the double build's" compare "$work/got_1" "$work/double" --tensor 1e-4
    no "$x: a gradient times 1.001" compare "$work/got_1" "$work/double" --tensor 1e-4 --scale 1.001
}

# validates NAME LEAST OPTION...: the last validation's accuracy is no less
validates() {
    local name=$1 least=$2
    shift 2
    "$work/$name" "$@" 2> "$work/errors" | awk -v least="$least" '
        /^valid / { for (i = 1; i < NF; i++) if ($i == "accuracy") last = $(i + 1) + 0 }
        END { print "valid accuracy", last; exit !(last >= least) }'
}

# below NAME WORD MOST OPTION...: what the test says of WORD is no more
below() {
    local name=$1 word=$2 most=$3
    shift 3
    "$work/$name" "$@" 2> "$work/errors" | awk -v word="$word" -v most="$most" '
        /^test / { for (i = 1; i < NF; i++) if ($i == word) last = $(i + 1) }
        END { print "test", word, last; exit !(last != "" && last + 0 <= most) }'
}

program mnist_mlp
gradients mnist_mlp data/digits
yes "mnist_mlp: 97 % of drawn digits" reaches mnist_mlp 97 --data data/digits
no "mnist_mlp after 3 updates" reaches mnist_mlp 97 --data data/digits --steps 3
program mnist_cnn
gradients mnist_cnn data/digits
if [ -f "${GAGEN_DATA:-}/mnist/t10k-images-idx3-ubyte.gz" ] && [ -n "$zlib" ]; then
    yes "mnist_cnn: 98.5 % of MNIST's last 2,000 test digits" reaches mnist_cnn 98.5 --data "$GAGEN_DATA/mnist"
else
    facts=$((facts + 1))
    echo "ok $facts - mnist_cnn on MNIST # skip no MNIST at hand: examples/fetch-mnist.sh, or GAGEN_DATA"
fi
program multitask
gradients multitask
yes "multitask: the brand of 92 % of the cars" reaches multitask 92
no "multitask after 3 updates" reaches multitask 92 --steps 3

# ---- examples whose data is drawn
mkdir -p "$work/data"
$CC -O2 -o "$work/draw_images" examples/draw_images.c -lm && "$work/draw_images" "$work/data/cifar10" 100
generate "$work/resnet18.c" examples/resnet18.lua --standalone -D batch=16 -D micro_batch=8 &&
    $CC -O2 -march=native ${zlib:+-DGAGEN_ZLIB} -o "$work/resnet18" "$work/resnet18.c" -lm -lpthread $zlib
yes "resnet18: 55 % of ten kinds of drawn images after 40 updates of 16" validates resnet18 55 --data "$work/data/cifar10" --steps 40
no "resnet18 after one update" validates resnet18 55 --data "$work/data/cifar10" --steps 1
lua5.4 examples/draw_shapes.lua "$work/data/shapes"
lua5.4 examples/name_windows.lua "" "$work/data/names"
program autoencoder
gradients autoencoder data/digits
yes "autoencoder: pixels come back to within 0.115" below autoencoder rmse 0.115 --data data/digits
no "autoencoder after 3 updates" below autoencoder rmse 0.115 --data data/digits --steps 3
program char_mlp
gradients char_mlp "$work/data/names"
yes "char_mlp: 2.06 nats a letter" below char_mlp loss 2.06 --data "$work/data/names"
no "char_mlp after 3 updates" below char_mlp loss 2.06 --data "$work/data/names" --steps 3
cat docs/*.md dsl/*.lua > "$work/data/book.txt"
head -c $(($(wc -c < "$work/data/book.txt") / 128 * 128)) "$work/data/book.txt" > "$work/data/text.bin"
program gpt
gradients gpt "$work/data/text.bin"
yes "gpt: 3.4 nats a byte after 60 updates" below gpt loss 3.4 --data "$work/data/text.bin" --steps 60
no "gpt after 3 updates" below gpt loss 3.4 --data "$work/data/text.bin" --steps 3
program unet
gradients unet "$work/data/shapes"
yes "unet: 84 % of the pixels" reaches unet 84 --data "$work/data/shapes"
no "unet after 3 updates" reaches unet 84 --data "$work/data/shapes" --steps 3
finish

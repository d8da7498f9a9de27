#!/bin/sh
# gpu-kit.sh -- puts generated CUDA programs, the runtime, small data, references and drivers into build/gpu-kit, for a machine
# that has a GPU, nvcc, make, cc and sh. References come from the C target: initial weights and those after 19 updates in float,
# losses and gradients from both in double. Only what changed is made again.
set -eu
cd "$(dirname "$0")/.."
: "${CC:=gcc}"
kit=build/gpu-kit
made=build/gpu-kit.made
mkdir -p $kit/cu/test $kit/cu/main $kit/cu/bench $kit/src $kit/runtime $kit/reference $kit/data $made
LC_ALL=C
export LC_ALL

# keep NEW OLD: NEW takes OLD's place where it is another
keep() { if cmp -s "$1" "$2"; then rm -f "$1"; else mv "$1" "$2"; fi; }
copy() { for f in $1; do cp "$f" "$2/.new"; keep "$2/.new" "$2/$(basename "$f")"; done; }

# cuda TO MODEL OPTION...: a program for the device
cuda() {
    to=$1 model=$2; shift 2
    ./gagen -t cuda "$@" "$model" > $made/program.cu
    keep $made/program.cu "$kit/cu/$to.cu"
}

# can OPTION...: this gagen takes it
can() { ./gagen -t cuda "$@" examples/mnist_mlp.lua > /dev/null 2>&1; }

model() { case $1 in peer_*) echo "tests/models/$1.lua" ;; *) echo "examples/$1.lua" ;; esac; }
where() { case $1 in mnist_*) echo $kit/data/digits ;; multitask) echo $kit/data/cars.csv ;; *) echo "$made/peers/$1" ;; esac; }
weights() { case $1 in peer_*) echo "$made/peers/$1.safetensors" ;; *) echo - ;; esac; }

# driver NAME BUILD FLAG...: the C target's program under tests/gpu/drive.c
driver() {
    name=$1 library=$2; shift 2
    $CC -std=gnu11 -O2 -march=native "$@" -Iruntime -DPROGRAM="gagen_$name" tests/gpu/drive.c $made/$name.c -L. -l"$library" $zlib -lm -lpthread \
        -o "$made/$name.$library"
}

reference() {
    name=$1 data=$(where "$1") ref=$kit/reference/$1
    ./gagen -t c --library -o $made/$name.new.c "$(model "$name")"
    if cmp -s $made/$name.new.c $made/$name.c && [ -f "$ref.20.ref" ] && [ -z "$(find libgagen.a -newer "$ref.20.ref")" ]; then return; fi
    mv $made/$name.new.c $made/$name.c
    driver "$name" gagen
    driver "$name" gagen_double -DGAGEN_DOUBLE
    $made/$name.gagen "$data" "$(weights "$name")" 0 $made/out save="$ref.0.safetensors"
    $made/$name.gagen "$data" "$(weights "$name")" 19 $made/out save="$ref.19.safetensors"
    $made/$name.gagen_double "$data" "resume=$ref.0.safetensors" 10 "$ref.1.ref" 1
    $made/$name.gagen_double "$data" "resume=$ref.19.safetensors" 1 "$ref.20.ref" 1
}

zlib=$(echo '#include <zlib.h>' | $CC -E - > /dev/null 2>&1 && echo -lz) || zlib=
copy "runtime/*.c runtime/*.h" $kit/runtime
copy "tests/gpu/*.c tests/gpu/*.cu tests/peer_data.c tests/hashed.h bench/gpu/*.c bench/gpu/*.cu bench/peers/gpu.py" $kit/src
copy "tests/gpu/test.sh bench/gpu/bench.sh" $kit
cp tests/gpu/kit.mk $kit/Makefile
cp examples/cars.csv $kit/data/
rm -rf $kit/data/digits
cp -r data/digits $kit/data/digits
if [ ! -f $made/peers/done ]; then
    $CC -O2 -o $made/peer_data tests/peer_data.c -lm
    $made/peer_data $made/peers
    touch $made/peers/done
fi

for m in mnist_mlp mnist_cnn multitask peer_a peer_b; do
    cuda "test/$m" "$(model $m)" --library
    reference $m
done
for m in mnist_mlp mnist_cnn multitask; do cuda "main/$m" "$(model $m)"; done
cuda test/peer_a_1 tests/models/peer_a.lua --library -D micro_batch=256
cuda test/tiny_cnn examples/mnist_cnn.lua --library -D batch=4 -D micro_batch=2
cuda test/tiny_cars examples/multitask.lua --library -D batch=8 -D micro_batch=4
for p in tf32 bf16; do
    if can -D precision=$p; then cuda test/mnist_mlp_$p examples/mnist_mlp.lua --library -D precision=$p; fi
done

# bench FILE MODEL BATCH MICRO
bench() {
    cuda "bench/$1" "bench/models/$2.lua" --library -D batch="$3" -D micro_batch="$4"
    if can -D precision=tf32; then cuda "bench/$1_tf32" "bench/models/$2.lua" --library -D batch="$3" -D micro_batch="$4" -D precision=tf32; fi
}
for b in 64 128 512; do bench mlp_$b mlp $b $b; done
for k in 1 2 4 8 16 32 64; do cuda bench/mlp_128x$k bench/models/mlp.lua --library -D batch=$((128 * k)) -D micro_batch=128; done
bench lenet_128 lenet 128 128
bench lenet_8x32 lenet 256 32
bench resnet_128 resnet 128 128
echo "gpu-kit: $kit, $(du -sm --exclude=out --exclude=results $kit | cut -f 1) MB"

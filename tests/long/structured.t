#!/bin/sh
# structured.t -- HACKING.md's structured op, added to a copy as the page says: it computes what fn.cumsum computes, in C and in CUDA.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib.sh
work=$PWD/build/tests/structured
rm -rf "$work"
mkdir -p "$work"
cp -r gen dsl templates runtime tests Makefile "$work/"
mkdir -p "$work/build/tests" && cp -r build/tests/cuda "$work/build/tests/"
awk -v to="$work" '/^## / { on = /A structured op/ } /^```./ { n += on; code = on; next } /^```/ { code = 0; next } code { print > (to "/block" n) }' HACKING.md
cd "$work" || exit 1
mv block1 dsl/ops/running.lua && cat block2 >> gen/ir/roles.def && mv block3 gen/lower/scan.c
sed 's/"gather" }/"gather", "running" }/' dsl/init.lua > init && mv init dsl/init.lua
sed 's/^void build_scatter.*/void build_scan(Build *b);\n&/' gen/lower/build.h > b && mv b gen/lower/build.h
sed 's/^ *if (has_role(f, "scatter")).*/    if (has_role(f, "scan")) return build_scan;\n&/' gen/lower/lower.c > l && mv l gen/lower/lower.c
yes "gagen with another structured op builds without a warning" sh -c "make -s gagen libgagen_double.a > make.out 2>&1 && ! grep warning make.out"
cat > running.lua <<'END'
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 24 }, t = { "t.npy", 5 } } }
local a, z = nn.Linear(40), nn.Linear(5)
local sums = fn[option("sums", "running")]
local h = fn.reshape(a(d.x), 4, 10)
local y = z(fn.flatten(sums(h, { axis = 3 }) + fn.tanh(sums(h, { axis = 2 }))))
train { data = d, batch = 16, micro_batch = 8, steps = 3, minimize = fn.mse(y, d.t), optim = optim.SGD { lr = 0.1 } }
END
work=$work/out
mkdir -p "$work"
. tests/cuda/emu.sh
for sums in running cumsum; do
    cp running.lua "$work/$sums.lua"
    prober $sums "$work/$sums.lua" gagen_double -D sums=$sums && "$work/$sums" hashed=16 hashed 1 2 1 > "$work/$sums.out"
done
cuda_prober cuda "$work/running.lua" gagen_double -D sums=running && "$work/cuda" hashed=16 hashed 1 2 1 > "$work/cuda.out"
yes "C: the losses, gradients and weights of fn.cumsum" compare "$work/running.out" "$work/cumsum.out" --loss 1e-12 --weight 1e-12
yes "CUDA: the same" compare "$work/cuda.out" "$work/cumsum.out" --loss 1e-12 --weight 1e-12
sed 's/reverse = 1 - of.reverse/reverse = of.reverse/' dsl/ops/running.lua > r && mv r dsl/ops/running.lua && make -s gagen > make.out 2>&1
prober off "$work/running.lua" gagen_double && "$work/off" hashed=16 hashed 1 2 1 > "$work/off.out"
no "its gradient in the same direction" compare "$work/off.out" "$work/cumsum.out" --loss 1e-12 --weight 1e-12
finish

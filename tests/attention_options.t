#!/bin/sh
# attention_options.t -- the options of fn.attention beside the same written out (tests/models/attention.lua), with a fault for each:
# a tile too few, keys that should be hidden. tests/gradients.t and cuda_ops.t hold them to PyTorch at many sizes.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/pair.sh
OPTIMIZE=-O0
model=tests/models/attention.lua
limits="--gradient 1e-11 --tensor 1e-9 --loss 1e-12"
one=fused other=hand one_options= other_options="-D by=hand" build_one= build_other=
quick() { "$@"; }            # not optimized, either

equal "a causal window of 20 and a softcap" -D t=130 -D causal=true -D window=20 -D softcap=2
broken "a tile that is skipped at the low end" 's/: 0) \/ 26,/: 0) \/ 26 + 1,/'
broken "keys before the window" 's/(real)(k \* 26 + j + 20)/(real)(k * 26 + j + 21)/'
broken "the slope of another score" 's/\* v_load(&slopes\[j/* v_load(\&slopes[(j ^ 1)/'
equal "lengths, a mask and documents" -D t=130 -D lengths=true -D mask=true -D documents=true
broken "a tile that is skipped before the last valid key" 's/((long)length + 25) \/ 26/((long)length - 1) \/ 26/g'
broken "a key after the last valid one" 's/(real)(k \* 26 + j) >= length/(real)(k * 26 + j) > length/'
broken "the mask of another key" 's/\(may = .*\)\[k \* 26 + j\]/\1[k * 26 + (j ^ 1)]/'
broken "keys of other documents" 's/mine != other/mine < other/'

# A draw has the number of its head, query and key, so that dropout of the written-out weights drops the same ones.
equal "dropout drops the same weights" -D t=70 -D dropout=0.3 -D heads=3 -D kv=1 -D dim=9
same_on_threads
# The line "average" has the loss that evaluation finds.
as_by_hand() { cat "$1" "$work/hand.got" | awk '$1 == "average" { x[++n] = $2 } END { exit !(n == 2 && (x[1] - x[2]) ^ 2 < 1e-24) }'; }
yes "evaluation draws none" as_by_hand "$work/fused.got"
sed 's/if (training)/if (1)/' "$work/fused.c" > "$work/off.c"
compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=attention && ask off 2
no "it draws" as_by_hand "$work/off.got"
broken "weights of another key are dropped" 's/k \* 35 + j)/k * 35 + j + 1)/g'
prober fused $model gagen_double -D t=70 -D dropout=0.3 -D heads=3 -D kv=1 -D dim=9 -D micro_batch=1 -D accumulate=6 && ask fused 2
agree "in micro-batches of one, too" fused hand

# ---- a bias and a formula beside PyTorch
lua5.4 tests/op_model.lua "$work" attention_long_bias_window25 attention_odd_bent && prober cases "$work/model.lua" gagen_double
reference() { "$work/$1" "$work/rows.csv" "$work/weights.safetensors" 2 1 1 > "$work/$1.got"; compare "$work/$1.got" "$work/expect.txt" $limits; }
yes "a bias and a formula are PyTorch's" reference cases
wrong() {
    plant cases "$@"
    compile "$work/off" "tests/probe.c $work/off.c" gagen_double -DPROGRAM=model && no "$1" reference off
}
wrong "the bias of another distance" 's/v_load(&bias\[i - j + 25\])/v_load(\&bias[i - j + 26])/'
wrong "a diagonal's sum without its last score" 's/57 - e < 26 ? 57 - e : 26; j < j/57 - e < 26 ? 57 - e : 26; j < -1 + j/'
wrong "the formula's slope" 's/v_store(&slopes\[j \* 16 + i\], c2 \* /v_store(\&slopes[j * 16 + i], /'

# ---- CUDA; tests/cuda_ops.t has the other options there
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
on_device "CUDA, all orders: dropout, a window and documents" -D t=21 -D dropout=0.3 -D heads=3 -D kv=1 -D dim=9 -D documents=true -D window=5
finish

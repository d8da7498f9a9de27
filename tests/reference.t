#!/bin/sh
# reference.t -- peers a and b over 50 updates beside PyTorch, in the three parts of ACCEPTANCE case 54.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
peer_data
OPTIMIZE=-O2

# updates NET BUILD COUNT ARGUMENT...: what the probe prints
updates() {
    from=$peers/peer_$1 probe=$work/$2; shift 2
    "$probe" "$from" "$from.safetensors" 2 "$@"
}

# resumed NET BUILD: the gradient of update 20 from the fp32 run's checkpoint
resumed() { "$work/$2" "$peers/peer_$1" "resume=$work/$1.19.safetensors" 2 1 1; }

for net in a b; do
    model=tests/models/peer_$net.lua
    prober ${net}_float $model gagen && prober ${net}_double $model gagen_double || continue
    mkdir -p "$work/off"
    sed 's/lr = 1e-3/lr = 1.01e-3/' $model > "$work/off/peer_$net.lua"
    prober ${net}_off "$work/off/peer_$net.lua" gagen_double || continue
    for build in float double; do updates $net ${net}_$build 50 1 20 > "$work/$net.$build"; done
    updates $net ${net}_off 50 > "$work/$net.off"
    want="tests/reference/peers.txt --peer"

    yes "54.1 peer $net in double: 50 losses and the weights are PyTorch's to 1e-9" \
        compare "$work/$net.double" $want "$net double" --loss 1e-9 --weight 1e-9
    no "lr times 1.01" compare "$work/$net.off" $want "$net double" --loss 1e-9 --weight 1e-9
    yes "54.1 peer $net in double: gradients of updates 1 and 20 are PyTorch's to 1e-9" \
        compare "$work/$net.double" $want "$net double" --gradient 1e-9

    updates $net ${net}_float 19 save="$work/$net.19.safetensors" > "$work/$net.19"
    for build in float double; do
        updates $net ${net}_$build 1 1 > "$work/$net.$build.1"
        resumed $net ${net}_$build > "$work/$net.$build.20"
    done
    for at in 1 20; do
        yes "54.2 peer $net: gradients of update $at in float and in double from the same weights" \
            compare "$work/$net.float.$at" "$work/$net.double.$at" --tensor 1e-4
        no "one gradient times 1.001" compare "$work/$net.float.$at" "$work/$net.double.$at" --tensor 1e-4 --scale 1.001
    done

    yes "54.3 peer $net in float: the first 10 losses are PyTorch's in double to 1e-6" \
        compare "$work/$net.float" $want "$net double" --loss 1e-6 --updates 10
    no "lr times 1.01" compare "$work/$net.off" $want "$net double" --loss 1e-6 --updates 10
    for u in 20 30 40 50; do
        echo "# update $u: gagen $(awk -v u=$u '$1 == "loss" && $2 == u { print $3 }' "$work/$net.float")," \
            "PyTorch $(awk -v n=$net -v u=$u '$1 == "loss" && $2 == n && $3 == "float" && $4 == u { print $5 }' tests/reference/peers.txt)," \
            "in double $(awk -v n=$net -v u=$u '$1 == "loss" && $2 == n && $3 == "double" && $4 == u { print $5 }' tests/reference/peers.txt)"
    done
done
# case 27 on peer a. In float a ReLU that flips somewhere in 200 updates parts two right runs, as it does in any system.
mkdir -p "$work/adamw"
sed 's/optim.Adam {/optim.AdamW {/; s/steps = 50/steps = option("steps", 200)/' tests/models/peer_a.lua > "$work/adamw/peer_a.lua"
prober adamw_8 "$work/adamw/peer_a.lua" gagen_double
prober adamw_1 "$work/adamw/peer_a.lua" gagen_double -D micro_batch=256
prober adamw_off "$work/adamw/peer_a.lua" gagen_double -D batch=32 -D micro_batch=32 -D steps=1600
for k in 8 1; do updates a adamw_$k 200 > "$work/adamw_$k.out"; done
updates a adamw_off 1600 > "$work/adamw_off.out"
yes "27. peer a, AdamW, 200 updates in double: 8 x 32 and 1 x 256 agree" \
    compare "$work/adamw_8.out" "$work/adamw_1.out" --loss 1e-6 --weight 1e-5
no "27. a step of the optimizer per micro-batch" compare "$work/adamw_off.out" "$work/adamw_1.out" --weight 1e-5
finish

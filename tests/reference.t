#!/bin/sh
# reference.t -- peers a and b over 50 updates beside PyTorch, in the three parts of ACCEPTANCE case 54.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/beside.sh
peer_data

program() { prober "$@"; }
updates=50 at=20 want="tests/reference/peers.txt --peer" threads=2 raw=
for net in a b; do
    data=$peers/peer_$net weights=$peers/peer_$net.safetensors
    builds $net tests/models/peer_$net.lua && beside "54. peer $net" $net $net
done
# case 27 on peer a. In float a ReLU that flips somewhere in 200 updates parts two right runs, as it does in any system.
mkdir -p "$work/adamw"
sed 's/optim.Adam {/optim.AdamW {/; s/steps = 50/steps = option("steps", 200)/' tests/models/peer_a.lua > "$work/adamw/peer_a.lua"
prober adamw_8 "$work/adamw/peer_a.lua" gagen_double
prober adamw_1 "$work/adamw/peer_a.lua" gagen_double -D micro_batch=256
prober adamw_off "$work/adamw/peer_a.lua" gagen_double -D batch=32 -D micro_batch=32 -D steps=1600
data=$peers/peer_a weights=$peers/peer_a.safetensors net=adamw
for k in 8 1; do probed $k 200 save="$work/adamw_$k.st" > "$work/adamw_$k.out"; done
probed off 1600 save="$work/adamw_off.st" > "$work/adamw_off.out"
yes "27. peer a, AdamW, 200 updates in double: 8 x 32 and 1 x 256 agree" \
    compare "$work/adamw_8.out" "$work/adamw_1.out" --loss 1e-6 --weight 1e-5 --most 1e-4
no "27. a step of the optimizer per micro-batch" compare "$work/adamw_off.out" "$work/adamw_1.out" --weight 1e-5
no "27. none of whose weights is near" compare "$work/adamw_off.out" "$work/adamw_1.out" --most 1e-4
for k in 8 1; do yes "27. peer a, $((256 / k)) rows a micro-batch: 200 steps" grep -aq '"update":"200","skipped":"0"' "$work/adamw_$k.st"; done
no "27. 1,600 of them" grep -aq '"update":"200","skipped":"0"' "$work/adamw_off.st"
finish

#!/bin/sh
# plateau.t -- optim.plateau is PyTorch's ReduceLROnPlateau: rates and validations of 40 epochs in double, and again after a resume.
cd "$(dirname "$0")/.." || exit 1
OPTIMIZE=-O0
. tests/lib.sh
cat > "$work/make.lua" << 'EOF2'
local hashed, dir = dofile "tests/hashed.lua", arg[1]
for i, name in ipairs { "rows", "valid" } do
  hashed.csv(dir .. "/" .. name .. ".csv", i == 1 and 24 or 8, { { "x", 6, 2 * i - 1 }, { "y", 1, 2 * i } })
end
hashed.safetensors(dir .. "/start.safetensors", { { "net.weight", 1, 6 }, { "net.bias", 1 } }, 10)
EOF2
lua5.4 "$work/make.lua" "$work"

# model NAME OPTIONS BEST: a linear layer
model() {
    cat > "$work/$1.lua" << EOF2
local rows = data.csv { "$work/rows.csv", shuffle = false, columns = { x = "1-6", y = "y1" }, valid = "$work/valid.csv" }
local net = nn.Linear(1)
local loss = fn.mse(net(rows.x), rows.y)
train { data = rows, batch = 8, epochs = 40, minimize = loss, report = { score = 1 / loss }, best = "$3",
  optim = optim.SGD { lr = optim.plateau { 0.3, $2 }, momentum = 0.5 },
  rules = { { net, load = "$work/start.safetensors", key = function(p) return "net." .. p end } } }
EOF2
    generate "$work/$1.c" "$work/$1.lua" && compile "$work/$1" "$work/$1.c" gagen_double
}

# found LOG REPORT: the rate of each epoch's first update, and what validates
found() {
    sed -n "s/^{\"update\":\([0-9]*\),.*\"lr\":\([^,}]*\).*/\1 \2/p" "$1" | awk '$1 % 3 == 1 { print "rate", $2 }' > "$work/rates"
    sed -n "s/.*\"split\":\"valid\".*\"$2\":\([^,}]*\).*/valid \1/p" "$1" > "$work/values"
    paste -d '\n' "$work/rates" "$work/values"
}
# agrees CASE LOG REPORT: every number to 1e-9
agrees() {
    sed -n "/^case $1 /,/^case/p" tests/reference/plateau.txt | grep '^rate\|^valid' > "$work/want"
    found "$2" "$3" | paste -d ' ' - "$work/want" | awk '
        { n++; d = $2 - $4; m = $4 < 0 ? -$4 : $4; if ($1 != $3 || !(d <= 1e-9 * m && -d <= 1e-9 * m)) { print; exit bad = 1 } }
        END { if (!bad) print n " numbers"; exit bad || n != 80 }'
}
first="factor = 0.5, patience = 2, threshold = 1e-3, cooldown = 1, floor = 0.02"
model loss "$first" "min loss" && "$work/loss" --threads 1 --log "$work/loss.log" > "$work/said"
yes "40 epochs, the smaller the better, with a cooldown and a floor" agrees loss "$work/loss.log" loss
model score "factor = 0.3, patience = 0, threshold = 0.01, floor = 1e-4" "max score" && "$work/score" --threads 1 --log "$work/score.log" > "$work/said"
yes "40 epochs, the larger the better, without patience" agrees score "$work/score.log" score
model off "$(echo "$first" | sed 's/cooldown = 1/cooldown = 0/')" "min loss" && "$work/off" --threads 1 --log "$work/off.log" > "$work/said"
no "without the cooldown" agrees loss "$work/off.log" loss
sed 's/fmax(l->rate/(l->rate/; s/, p->least)/)/' runtime/train.c > "$work/floorless.c"
if $CC -std=gnu11 -O0 -DGAGEN_DOUBLE -Iruntime "$work/loss.c" "$work/floorless.c" -L. -lgagen_double $zlib -lm -lpthread -o "$work/floorless"; then
    "$work/floorless" --threads 1 --log "$work/off.log" > "$work/said"
    no "without a floor" agrees loss "$work/off.log" loss
fi

# a run that is cut in epoch 24, in the middle of a count, and one that goes on from there
rm -f "$work"/cut.st*
"$work/loss" --threads 1 --save "$work/cut.st" --log "$work/cut.log" --epochs 23 > "$work/said"
grep -aq '"plateau":"0x1p-2 ' "$work/cut.st" || grep -aq '"plateau":"0x1p-1 ' "$work/cut.st"; tell $? "the checkpoint has the rate's factor and its counts"
"$work/loss" --threads 1 --save "$work/cut.st" --resume --log "$work/cut.log" > "$work/said"
yes "a resumed run has the rates of one that was not cut" agrees loss "$work/cut.log" loss
rm -f "$work"/cut.st*
"$work/loss" --threads 1 --save "$work/cut.st" --log "$work/cut.log" --epochs 23 > "$work/said"
sed -i 's/"plateau":"\([^ ]*\) \([^ ]*\) [0-9]* /"plateau":"\1 \2 0 /' "$work/cut.st"
"$work/loss" --threads 1 --save "$work/cut.st" --resume --log "$work/cut.log" > "$work/said"
no "one that forgets its count" agrees loss "$work/cut.log" loss
./gagen plan "$work/loss.lua" > "$work/plan" && grep -q "lr at most 0.3, times 0.5 on a plateau, floor 0.02" "$work/plan"; tell $? "plan shows the bound"
finish

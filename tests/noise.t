#!/bin/sh
# noise.t -- fn.rand and fn.randn are uniform and normal, keyed by the sample in both targets, and drawn in evaluation too;
# fn.when_training gives one side or the other, and its gradient to the first; slopes of RReLU, channels that Dropout2d drops.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
. tests/cuda/emu.sh
emu_library > "$work/errors" 2>&1 || { tell 1 "the emulator builds"; finish; }
awk 'BEGIN { for (n = 0; n <= 8; n++) for (c = 1; c <= 8; c++) printf "%s%s", n ? (n == c) : "c" c, c < 8 ? "," : "\n" }' > "$work/rows.csv"

# drawn OUT NAME: the 4,000 draws, sorted
drawn() { awk -v name="$2.weight" '$1 == "gradient" && $3 == name { for (i = 5; i <= NF; i++) print $i }' "$1" | sort -g; }

# like normal | uniform FILE: the distance of the draws from that distribution (Kolmogorov and Smirnov) is one of 1000 at most
like() {
    lua5.4 - "$@" <<'LUA'
local function normal(x)                -- a sum of the density, in steps
  local sum, h = 0.5, x / 400
  for i = 0, 399 do sum = sum + h * math.exp(-((i + 0.5) * h) ^ 2 / 2) / math.sqrt(2 * math.pi) end
  return sum
end
local cdf = { normal = normal, uniform = function(x) return math.max(0, math.min(1, x)) end }
local x, worst = {}, 0
for line in io.lines(arg[2]) do x[#x + 1] = tonumber(line) end
for i, v in ipairs(x) do worst = math.max(worst, math.abs(cdf[arg[1]](v) - (i - 0.5) / #x)) end
print(#x .. " draws, distance " .. worst)
os.exit(#x == 4000 and worst * math.sqrt(#x) < 1.95)
LUA
}

prober noise tests/models/noise.lua gagen_double -t c && "$work/noise" "$work/rows.csv" - 2 1 1 > "$work/whole"
for name in normal uniform; do drawn "$work/whole" $name > "$work/$name"; done
yes "fn.randn is normal" like normal "$work/normal"
no "fn.rand is not" like normal "$work/uniform"
yes "fn.rand is uniform" like uniform "$work/uniform"
no "fn.randn is not" like uniform "$work/normal"
drawn "$work/whole" slope | awk '{ print ($1 - 0.25) / 0.5 }' > "$work/slope"
yes "fn.rrelu's slopes are uniform between its bounds" like uniform "$work/slope"
drawn "$work/whole" slope > "$work/slope"
no "not from 0 to 1" like uniform "$work/slope"
# channels FILE: of the 4,000 channels each is whole, 0 or 1 / 0.75, and a quarter is 0 to 4 standard deviations
channels() { awk '$3 == "image.weight" { for (o = 0; o < 500; o++) for (n = 0; n < 8; n++) { zero = 0
        for (i = 0; i < 4; i++) { v = $(5 + (o * 4 + i) * 8 + n); if (v == 0) zero++; else if ((v - 4 / 3) ^ 2 > 1e-20) bad = 1 }
        if (zero % 4) bad = 1; dropped += zero / 4 } }
    END { exit !(!bad && dropped > 890 && dropped < 1110) }' "$1"; }
yes "nn.Dropout2d drops a quarter of the channels, each as a whole" channels "$work/whole"
awk '$3 == "image.weight" { $6 = $6 ? 0 : 4 / 3 } { print }' "$work/whole" > "$work/off"
no "one element by itself" channels "$work/off"
grep "^gradient 1 t.weight 8 3 3 3 3 3 3 3 3\$" "$work/whole" > "$work/said"; tell $? "the gradient is that of the side for training"

prober noise tests/models/noise.lua gagen_double -t c -D micro_batch=1 && "$work/noise" "$work/rows.csv" - 1 1 1 > "$work/single"
grep gradient "$work/whole" > "$work/whole.gradients"
grep gradient "$work/single" | cmp -s - "$work/whole.gradients"; tell $? "the same draws in micro-batches of one, bit by bit"
prober noise tests/models/noise.lua gagen_double -t c -D seed=7 && "$work/noise" "$work/rows.csv" - 1 1 1 > "$work/other"
no "other draws with another seed" compare "$work/other" "$work/whole" --tensor 1e-2

for flags in "" "-D micro_batch=2 --no-share"; do
    # shellcheck disable=SC2086
    cuda_prober noise_cuda tests/models/noise.lua gagen $flags && emu_orders "$work/noise_cuda" "$work/rows.csv" - 1 1 1 > "$work/cuda" 2> "$work/errors"
    head -n "$(($(wc -l < "$work/cuda") / 5))" "$work/cuda" > "$work/cuda1"
    yes "CUDA draws the same ${flags:-, whole}" compare "$work/cuda1" "$work/whole" --tensor 1e-6
    no "CUDA, the first gradient times 1.0001" compare "$work/cuda1" "$work/whole" --tensor 1e-6 --scale 1.0001
done

trainer run tests/models/noise.lua -t c -D valid=2 -D micro_batch=3 && "$work/run" --data "$work/rows.csv" --log "$work/log" > "$work/said" 2>&1
log_field "$work/log" training > "$work/training"
printf '1\n1\n' | cmp -s - "$work/training"; tell $? "updates see the side for training"
sed -n 's/.*"valid".*"training":\([^,}]*\).*/\1/p' "$work/log" > "$work/valid"
[ -s "$work/valid" ] && [ "$(sort -u "$work/valid")" = 0 ]; tell $? "validations the other"
[ "$(sed -n 's/.*"valid".*"drawn":\([^,}]*\).*/\1/p' "$work/log" | sort -u | wc -l)" -eq 1 ]; tell $? "a validation draws what the one before has drawn"
[ "$(log_field "$work/log" drawn | sort -u | wc -l)" -eq 2 ]; tell $? "control: updates draw anew"
# evaluates FIELD: lines of this kind have RReLU's mean slope, and nothing is dropped
evaluates() { sed -n "s/.*\"$1\".*\"passed\":\([^,}]*\).*/\1/p" "$work/log" | awk '{ n++; bad += ($1 + 11 / 48) ^ 2 > 1e-12 } END { exit !(n && !bad) }'; }
yes "RReLU has its mean slope in evaluation" evaluates valid
no "in training it has not" evaluates update
trainer frozen tests/models/noise.lua -t c -D valid=2 -D micro_batch=3 -D freeze=true && "$work/frozen" --data "$work/rows.csv" --log "$work/log" > "$work/said" 2>&1
yes "in a frozen layer it has, nor is anything dropped there" evaluates update
finish

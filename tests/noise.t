#!/bin/sh
# noise.t -- fn.rand and fn.randn are uniform and normal, keyed by the sample in both targets, and drawn in evaluation too;
# fn.when_training gives one side or the other, and its gradient to the first.
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
finish

#!/bin/sh
# log.t -- lines of --log are JSON, whatever a run comes to; what is not finite is told by name, and plot reads it.
cd "$(dirname "$0")/.." || exit 1
. tests/lib.sh
OPTIMIZE=-O0
json() { lua5.4 tests/json.lua "$1"; }

# ---- the judge: each of these lines is no JSON
while read -r line; do
    echo "$line" > "$work/line"
    no "$line" json "$work/line"
done << 'EOF'
{"loss":NaN}
{"loss":-Infinity}
{"loss":1,"lr":2,"loss":3}
{"loss":01}
{"loss":"\q"}
{"loss":1
{"loss":1}}
EOF
echo '{"a":[1,-2.5e+3,{"b":null,"c":"\"\u00e9"}],"d":true,"e":{}}' > "$work/line"
yes "what is JSON passes" json "$work/line"

# ---- a run that is finite, then is not: rows 5 to 8 are too large
printf '1,2,3\n4,5,6\n2,1,1\n1,1,1\n3e30,2e30,1\n1,1,1\n2,2,2\n3,3,3\n' > "$work/d.csv"
cat > "$work/wild.lua" << 'EOF'
local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" }, shuffle = false }
local net = nn.Linear(1)
local z = fn.sum(net(d.x), { axis = 2 })
train { data = d, batch = 4, epochs = 2, minimize = fn.mse(z, d.y), optim = optim.SGD { lr = 0.1 },
  report = { grad_norm = true, low = -fn.mse(z, d.y), fine = fn.mean(d.y) } }
EOF
trainer wild "$work/wild.lua"
run() { (cd "$work" && ./wild --threads 1 "$@"); }
run --log wild.jsonl --save wild.st > "$work/said" 2>&1
yes "every line is JSON" json "$work/wild.jsonl"
sed -n 1p "$work/wild.jsonl" | grep -q '"loss":[0-9]' && ! sed -n 1p "$work/wild.jsonl" | grep -q nonfinite; tell $? "a finite line tells of nothing"
sed -n 2p "$work/wild.jsonl" | grep -q '"loss":null.*"nonfinite":{.*"loss":"inf"' && sed -n 2p "$work/wild.jsonl" | grep -q '"low":"-inf"'
tell $? "inf and -inf are null and told"
sed -n 4p "$work/wild.jsonl" | grep -q '"loss":null.*"fine":[0-9].*"grad_norm":null,"nonfinite":{.*"loss":"nan".*"grad_norm":"nan"}'
tell $? "so is nan, the norm's too; what is finite is not"
yes "a resumed run goes on with it" run --log wild.jsonl --save wild.st --resume --epochs 3
[ "$(wc -l < "$work/wild.jsonl")" -eq 6 ] && json "$work/wild.jsonl"; tell $? "its lines are JSON"

# ---- plot: the same picture as of an old log, which has NaN and Infinity in it
plain() { sed 's/,"ms":[^,]*,"time":[^}]*/,"time":0/' "$1"; }
plain "$work/wild.jsonl" > "$work/new.jsonl"
mkdir -p "$work/old"
lua5.4 - "$work" << 'EOF'
local words = { nan = "NaN", inf = "Infinity", ["-inf"] = "-Infinity" }
local out = assert(io.open(arg[1] .. "/old/new.jsonl", "w"))
for line in io.lines(arg[1] .. "/new.jsonl") do
  for key, word in (line:match('"nonfinite":(%b{})') or ""):gmatch('"([^"]+)":"([^"]+)"') do
    line = line:gsub('"' .. key .. '":null', '"' .. key .. '":' .. words[word])
  end
  out:write((line:gsub(',"nonfinite":%b{}', "")), "\n")
end
out:close()
EOF
./gagen plot "$work/new.jsonl" > "$work/new.svg" 2> "$work/errors"; tell $? "plot reads nulls"
./gagen plot "$work/old/new.jsonl" > "$work/old.svg" 2>> "$work/errors" && grep -q NaN "$work/old/new.jsonl" && cmp -s "$work/new.svg" "$work/old.svg"
tell $? "as it reads NaN and Infinity of old logs"
sed 's/"nonfinite":{/"nonfinite":[/' "$work/new.jsonl" > "$work/off.jsonl"
./gagen plot "$work/off.jsonl" > "$work/off.svg" 2> "$work/errors"; [ $? -eq 1 ] && grep -q 'off.jsonl:2: error: no line of a log' "$work/errors"
tell $? "control: a nonfinite that is no object is refused by its line"
finish

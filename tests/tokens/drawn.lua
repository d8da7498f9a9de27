-- drawn.lua -- whether tokens were drawn as their logits say: drawn.lua CSV POSITION SAMPLES TEMPERATURE TOP_K TOP_P
-- CSV has the logits of each position in its first row; SAMPLES is what --sample printed.
local csv, position, samples = arg[1], tonumber(arg[2]), arg[3]
local temperature, top_k, top_p = tonumber(arg[4]), tonumber(arg[5]), tonumber(arg[6])
local V, logit, order, share = 6, {}, {}, {}
local lines = io.lines(csv)
lines()
local fields = {}
for x in lines():gmatch "[^,]+" do fields[#fields + 1] = tonumber(x) end
for v = 1, V do logit[v], order[v], share[v] = fields[(position - 1) * V + v], v, 0 end
table.sort(order, function(a, b) return logit[a] > logit[b] end)
local sum, kept, all = 0, 0, 0
for i = 1, top_k do sum = sum + math.exp(logit[order[i]] / temperature) end
for i = 1, top_k do
  if kept < top_p * sum then
    share[order[i]] = math.exp(logit[order[i]] / temperature)
    kept = kept + share[order[i]]
  end
end
local count, n, wrong = {}, 0, nil
for line in io.lines(samples) do
  if #line == position + 1 and line:find "^[a-f]+$" then
    local v = line:byte(-1) - 96
    count[v], n = (count[v] or 0) + 1, n + 1
  end
end
for v = 1, V do
  local p, seen = share[v] / kept, (count[v] or 0) / n
  local off = math.abs(seen - p)
  if off > 4.5 * math.sqrt(p * (1 - p) / n) then wrong = wrong or ("%c: %.3f of %d, not %.3f"):format(96 + v, seen, n, p) end
  all = all + seen
end
print(wrong or ("%d draws"):format(n))
os.exit(not wrong and n > 1000 and all > 0.999)

-- folds.lua -- every fold of rows, of lengths that fill vectors and of those that do not
local lengths = option("lengths", "3 17 130")
local columns = { x = { "x.npy", 5 } }
for n in lengths:gmatch "%d+" do columns["t" .. n] = { "t" .. n .. ".npy", classes = tonumber(n), type = "int32" } end
local d = data.npy { "rows", shuffle = false, columns = columns }
local terms, report = {}, {}
local function row(n) return nn.Linear(n, { name = "to" .. n })(d.x) end
local function add(x) terms[#terms + 1] = fn.mean(x * x) end

for n in lengths:gmatch "%d+" do
  local x, t = row(tonumber(n)), d["t" .. n]
  add(fn.softmax(x, { axis = 2 }))
  add(fn.log_softmax(x, { axis = 2 }))
  add(nn.LayerNorm { name = "ln" .. n }(x))
  add(nn.RMSNorm { name = "rms" .. n }(x))
  add(fn.max(x, { axis = 2 }) + 3 * fn.min(x, { axis = 2 }))
  add(fn.prod(x * 0.1 + 1, { axis = 2 }))
  add(fn.logsumexp(x, { axis = 2 }) + fn.var(x, { axis = 2 }))
  terms[#terms + 1] = fn.cross_entropy(x, t)
  report["right" .. n] = fn.accuracy(x, t)
  report["first" .. n] = fn.mean(fn.argmax(x, { axis = 2 }))
end
-- an axis that is not contiguous, two axes, rows of a value each
local z = fn.reshape(row(3 * 16), 3, 16)
add(fn.softmax(z, { axis = 2 }))
add(fn.max(z, { axis = 2 }))
add(fn.sum(fn.exp(z), { axis = { 2, 3 } }))
add(nn.LayerNorm { name = "ln" }(fn.reshape(row(6), 6, 1)))

local loss = terms[1]
for i = 2, #terms do loss = loss + terms[i] end
train { data = d, micro_batch = 3, accumulate = 2, steps = 5, minimize = loss, optim = optim.SGD { lr = 0.1 }, report = report }

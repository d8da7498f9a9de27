-- batch_norm.lua -- a small residual net with BatchNorm, one layer used twice; its numbers are PyTorch's in tests/reference/batch_norm.txt
local rows = data.raw { ".", shuffle = false, columns = {
  x = { "x.bin", 1, 8, 8, type = "float32" }, label = { "label.bin", classes = 5, type = "int32" } } }
local stats, momentum = option("stats", "micro"), option("momentum", "0.1")
local how = { stats = stats, momentum = tonumber(momentum) or momentum }
local conv = nn.Conv2d(7, 3, { padding = 1, bias = false })
local first = nn.BatchNorm(how)
local left = nn.Sequential { nn.Conv2d(17, 3, { padding = 1, stride = 2, bias = false }), nn.BatchNorm(how) }
local right = nn.Sequential { nn.Conv2d(17, 1, { stride = 2, bias = false }), nn.BatchNorm(how) }
local twice = nn.BatchNorm { momentum = how.momentum, stats = stats, affine = false }
local head = nn.Linear(5)

local x = fn.relu(first(conv(rows.x)))
x = fn.relu(left(x) + right(x))
x = twice(fn.tanh(twice(x)))
local logits = head(fn.mean(x, { axis = { 3, 4 } }))

train {
  data = rows, micro_batch = 8, accumulate = 3, steps = 20, rules = option("freeze", false) and { { left, freeze = true } } or {},
  minimize = fn.cross_entropy(logits, rows.label), predict = { logits = logits },
  optim = optim.SGD { lr = option("lr", 0.05), momentum = 0.9 },
}

-- batch_norm.lua -- statistics of a micro-batch by channel, and what they normalise. Sums take in
-- real rows alone: `real` is 1 there, else 0; `rows` is how many they are, and `k` the values that
-- a row has of a channel.
local core = ...
local op = core.use("dsl/op.lua")
local call, info = op.call, core.info
local example = "nn.BatchNorm()"

local function stat(t)
  t.per_row, t.role, t.hidden, t.example, t.attrs = true, "batch", true, example, t.attrs or {}
  op.reduce(t)
end

-- in evaluation and in frozen layers `old`, the running one
stat { name = "batch_mean", args = { "x", "real", "rows", "old" }, attrs = { k = 1, tracks = 1 },
  folds = { "s = sum(select(real == 0, 0, x))" },
  value = "select(tracks == 0, s / (rows * k), select(training, s / (rows * k), old))",
  doc = "The mean of each channel over a micro-batch." }
stat { name = "batch_var", args = { "x", "mean", "real", "rows", "old" },
  attrs = { k = 1, tracks = 1 },
  folds = { "s = sum(select(real == 0, 0, (x - mean) * (x - mean)))" },
  value = "select(tracks == 0, s / (rows * k), select(training, s / (rows * k), old))",
  doc = "The biased variance of each channel over a micro-batch." }
stat { name = "batch_sum", args = { "gy", "real" }, folds = { "s = sum(select(real == 0, 0, gy))" },
  value = "s",
  doc = "The sum of each channel over a micro-batch." }
stat { name = "batch_dot", args = { "gy", "x", "mean", "real" },
  folds = { "s = sum(select(real == 0, 0, gy * (x - mean)))" }, value = "s",
  doc = "The sum of gy times x - mean of each channel over a micro-batch." }

local function map(t)
  t.hidden, t.example = true, example
  op.map(t)
end

map { name = "batch_scale", args = { "weight", "var" }, attrs = { eps = 1e-5 },
  value = "weight / sqrt(var + eps)",
  doc = "The factor of a channel.", domain = { var = { 0, 10 } } }

-- dx = scale * (gy - mean(gy) - (x - mean) * mean(gy * (x - mean)) / (var + eps)), the means over
-- real rows
local function gradient(y, gy, x, mean, v, w, b, scale, real, rows)
  local of, c = info(y), info(mean).dims
  local axes = (1 << of.rank) - 1 & ~2
  local function by_channel(t) return call.reshape(t, { dims = c, batch = false }) end
  local s = by_channel(call.batch_sum(gy, real, { axes = axes }))
  local q = by_channel(call.batch_dot(gy, x, mean, real, { axes = axes }))
  local one = call.batch_scale(core.const(1), v, { eps = of.eps })
  local dw, db = call.mul(q, one), s
  if of.live == 0 then return call.mul(gy, scale), nil, nil, dw, db end
  local slope = call.batch_slope(scale, q, v, rows, { k = of.k, eps = of.eps })
  local shift = call.batch_shift(scale, s, rows, { k = of.k })
  local dx = call.batch_back(gy, x, mean, scale, slope, shift)
  return call.batch_real(dx, real), nil, nil, dw, db
end

op.map { name = "batch_norm", args = { "x", "mean", "var", "weight", "bias", "scale" },
  attrs = { eps = 1e-5, k = 1, live = 1 }, hidden = true,
  value = "(x - mean) * scale + bias",
  doc = "x less the mean of its channel, times scale, plus the bias.", example = example,
  grad = function(y, gy, x, mean, v, w, b, scale)
    local real, rows = op.real_rows(x)
    return gradient(y, gy, x, mean, v, w, b, scale, real, rows)
  end }
map { name = "batch_slope", args = { "scale", "dot", "var", "rows" }, attrs = { k = 1, eps = 1e-5 },
  value = "scale * dot / (rows * k * (var + eps))",
  doc = "The part that the gradient loses for each unit of x - mean.",
  domain = { var = { 0, 10 }, rows = { 1, 8 } } }
map { name = "batch_shift", args = { "scale", "sum", "rows" }, attrs = { k = 1 },
  value = "scale * sum / (rows * k)",
  doc = "The part that the gradient loses everywhere.", domain = { rows = { 1, 8 } } }
map { name = "batch_back", args = { "dy", "x", "mean", "scale", "slope", "shift" },
  value = "dy * scale - (x - mean) * slope - shift", doc = "The gradient of batch_norm in x." }
map { name = "batch_real", args = { "x", "real" }, value = "select(real == 0, 0, x)",
  doc = "x in real rows, 0 in others." }

-- ---- running statistics -------------------------------------------------------------------------
map { name = "running_mean", args = { "old", "x", "m" }, value = "old + m * (x - old)",
  doc = "A running mean, moved." }
map { name = "running_var", args = { "old", "var", "m", "rows" }, attrs = { k = 1 },
  let = { "c = rows * k" },
  value = "select(c > 1, old + m * (var * c / (c - 1) - old), old)",
  doc = "A running variance, moved by the unbiased one; a single value leaves it alone." }
map { name = "window_momentum", args = { "k" }, attrs = { log_rest = -0.1 },
  value = "0 - expm1(log_rest / k)",
  doc = "The momentum of which k moves in turn equal one move of the whole." }

-- rows before this micro-batch have mean p and sum of squares q; by Chan, Golub and LeVeque,
-- "Updating formulae" (1979)
map { name = "pooled_mean", args = { "p", "x", "rows", "from" },
  value = "select(from == 0, x, p + (x - p) * rows / (rows + from))",
  doc = "The mean of a window so far." }
map { name = "pooled_squares", args = { "q", "p", "v", "x", "rows", "from" }, attrs = { k = 1 },
  value = "select(from == 0, v * rows * k, q + v * rows * k + (x - p) * (x - p) * k * rows * (from "
    .. "/ (rows + from)))",
  doc = "The sum of squared differences from the mean of a window so far." }
map { name = "pooled_end", args = { "old", "new", "rows", "from", "samples" },
  value = "select(rows + from >= samples, new, old)",
  doc = "The new value at the window's end, else the old one." }
map { name = "pooled_var", args = { "q", "rows", "from" }, attrs = { k = 1 },
  value = "q / ((rows + from) * k)",
  doc = "The biased variance of a window so far." }

-- 1 in real rows so that it meets x, and how many they are
function op.real_rows(x)
  local dims = { info(x).dims[1] }
  for a = 2, info(x).rank do dims[a] = 1 end
  return call.reshape(core.rows("real"), { dims = dims, batch = true }), core.rows("micro")
end

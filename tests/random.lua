-- random.lua -- random nets side by side, each with a loss of its own: gagen -D first=1 -D nets=10 tests/random.lua. A net depends on its
-- number alone. tests/probe.c gives hashed rows and weights.
local rows = data.npy { "rows", shuffle = false, columns = {
  q = { "q.npy", type = "int32", classes = 5 }, x = { "x.npy", 24 }, t = { "t.npy", 5 }, k = { "k.npy", type = "int32", classes = 5 }, m = { "m.npy", type = "int32", classes = 2 },
} }
local state, layers, net
local function below(n)                 -- 1 .. n
  state = (state * 1103515245 + 12345) % 2147483648
  return state // 4096 % n + 1
end
local function pick(t) return t[below(#t)] end
local function named(o)
  layers = layers + 1
  o = o or {}
  o.name = ("n%d_%d"):format(net, layers)
  return o
end

local smooth = { "tanh", "sigmoid", "silu", "gelu", "softplus", "softsign" }
local kinked = { "relu", "relu", "relu", "leaky_relu", "elu", "hardtanh", "abs" }
local function bend(x) return fn[pick(below(3) == 1 and smooth or kinked)](x) end

-- Each takes a tensor and its sizes without the batch, and gives the same; nil: it does not suit them.
local steps = {}
function steps.linear(x, s)
  local n = pick { 3, 5, 8, 12, 16 }
  local y = nn.Linear(n, named())(x)
  if #s == 1 then return y, { n } elseif #s == 2 then return y, { s[1], n } end
  return y, { s[1], s[2], n }
end
function steps.bend(x, s) return bend(x), s end
function steps.conv(x, s)
  if #s ~= 3 then return end
  local n, k = pick { 2, 3, 4, 8 }, pick { 1, 3 }
  local groups = s[1] % 2 == 0 and n % 2 == 0 and below(4) == 1 and 2 or 1
  if s[2] + 2 < k or s[3] + 2 < k then return end
  return nn.Conv2d(n, k, named { padding = k // 2, groups = groups })(x), { n, s[2], s[3] }
end
function steps.depthwise(x, s)
  if #s ~= 3 then return end
  return nn.Conv2d(s[1], 3, named { padding = 1, groups = s[1] })(x), s
end
local function pooled(n, k, stride, padding) return (n + 2 * padding - k) // stride + 1 end
function steps.pool(x, s)
  if #s ~= 3 or s[2] < 3 or s[3] < 3 then return end
  local k, stride, padding = pick { 2, 3 }, pick { 1, 2 }, pick { 0, 1 }
  local layer = pick { nn.MaxPool2d, nn.AvgPool2d }
  return layer(k, { stride = stride, padding = padding })(x), { s[1], pooled(s[2], k, stride, padding), pooled(s[3], k, stride, padding) }
end
function steps.concat(x, s)
  local a = below(#s)
  local y = pick { function() return bend(x) end, function() return fn.flip(x, { axis = a + 1 }) end, function() return x * 0.5 end }()
  local r = { table.unpack(s) }
  r[a] = 2 * r[a]
  if r[a] > 32 then return end
  return pick { function() return fn.concat(y, x, { axis = a + 1 }) end, function() return bend(fn.concat(x, y, { axis = a + 1 })) end }(), r
end
function steps.slice(x, s)
  local a = below(#s)
  if s[a] < 4 then return end
  local step = pick { 1, 1, 2 }
  local r = { table.unpack(s) }
  r[a] = (s[a] - 2) // step + 1
  return fn.slice(x, { axis = a + 1, from = 2, to = s[a], step = step }), r
end
function steps.pad(x, s)
  local a = below(#s)
  local r = { table.unpack(s) }
  r[a] = s[a] + 3
  return fn.pad(x, { axis = a + 1, before = 1, after = 2, value = pick { 0, 0.25 } }), r
end
function steps.permute(x, s)
  if #s == 2 then return fn.transpose(x, 2, 3), { s[2], s[1] } end
  if #s == 3 then return fn.permute(x, 1, 4, 2, 3), { s[3], s[1], s[2] } end
end
function steps.reshape(x, s)
  local n = 1
  for _, d in ipairs(s) do n = n * d end
  if n > 96 then return end
  if n % 4 == 0 and below(2) == 1 then return fn.reshape(x, n // 4, 2, 2), { n // 4, 2, 2 } end
  local d = pick { 2, 3, 4, 6, 8 }
  if n % d ~= 0 then return end
  return fn.reshape(x, d, n // d), { d, n // d }
end
function steps.norm(x, s)
  if s[1] < 4 then return end
  if #s == 3 and s[1] % 2 == 0 then return nn.GroupNorm(2, named())(x), s end
  return nn.LayerNorm(named())(x), s
end
function steps.softmax(x, s) return fn.softmax(x, { axis = #s + 1 }), s end
function steps.attend(x, s)
  if #s ~= 2 then return end
  return fn.matmul(fn.softmax(fn.matmul(x, fn.transpose(x, 2, 3)) / 4, { axis = 3 }), x), s
end
function steps.skip(x, s) return x + bend(x), s end
local order = { "linear", "bend", "conv", "conv", "depthwise", "pool", "concat", "concat", "slice", "pad", "permute", "reshape", "norm", "softmax", "attend", "skip", "bend" }

local losses = {
  function(z) return fn.mse(z, rows.t) end,
  function(z) return fn.huber(z, rows.t, { delta = 0.5 }) end,
  function(z) return fn.cross_entropy(z, rows.k) end,
  function(z) return fn.cross_entropy(z, rows.q, { ignore_index = 3, label_smoothing = 0.1 }) end,
  function(z) return fn.mse(fn.sum(z, { axis = 2 }), rows.k, { mask = rows.m }) end,
  function(z) return fn.bce_logits(fn.mean(z, { axis = 2 }), rows.m) end,
}

local starts = { { 24 }, { 4, 6 }, { 6, 2, 2 }, { 2, 3, 4 }, { 4, 3, 2 } }
local function made(number)
  net, layers, state = number, 0, number * 7919 % 2147483648
  for _ = 1, 8 do below(2) end
  local s = pick(starts)
  local x = #s == 1 and rows.x or fn.reshape(rows.x, table.unpack(s))
  for _ = 1, 4 + below(4) do
    local y, r = steps[pick(order)](x, s)
    if y then x, s = y, r end
  end
  return pick(losses)(nn.Linear(5, named())(fn.flatten(x)))
end

local first, loss = option("first", 1), 0
for i = first, first + option("nets", 10) - 1 do loss = loss + made(i) end
train { data = rows, batch = 8, micro_batch = 4, steps = 1, minimize = loss, optim = optim.SGD { lr = 0.1 } }

-- recipe.lua -- a random net as text, before it is a model: steps from value to value, losses of values, settings of the training.
-- Both gagen's closed world (tests/random/net.lua) and tests' Lua read this file; tests/reference/random_nets.py reads the text.
--
--   rows 19; micro 3; accumulate 2; updates 3; tail step; optim sgd lr=0.1 momentum=0.9
--   1 input 0 4 6; 2 linear 1 5; 3 map 2 relu; 4 concat 3 2 3; loss 1 mse 4 1; penalty 2 0.01
--
-- A step is its number, its op, the value it takes and numbers or words of the op; the first of them is a second value for ops of two.
-- A step can always be left out: what took its value takes the value that it took, and what does not suit its shape is left out too.
local recipe = {}

-- ---- shapes, without the batch --------------------------------------------------------------------
local function product(s)
  local n = 1
  for _, d in ipairs(s) do n = n * d end
  return n
end
local function with(s, axis, d)
  local r = { table.unpack(s) }
  r[axis] = d
  return r
end
local function same(a, b) return b and table.concat(a, ",") == table.concat(b, ",") end
local function slid(n, k, stride, pad, dilation)
  local out = n + 2 * pad - dilation * (k - 1) - 1
  return out >= 0 and out // stride + 1 or nil
end

-- Each: the shape of the result, or nil where the op does not suit; `draw`: what a random step says; `takes` a second value;
-- `layer`: it has parameters; `alone`: it takes no value, 0.  a: the words. s: the shape. b: the second value's.
local ops = {}
local function op(name, o) ops[name] = o end

local smooth = { "tanh", "sigmoid", "silu", "gelu", "softplus", "softsign", "mish", "logsigmoid", "sin", "cos", "atan", "erf", "tanhshrink", "selu", "celu" }
local kinked = { "relu", "relu", "relu", "leaky_relu", "elu", "hardtanh", "abs", "relu6", "hardsigmoid", "hardswish", "softshrink" }
op("input", { alone = true, shape = function(_, a) return product(a) == 24 and { table.unpack(a) } end })
op("none", { shape = function() end })        -- a step that is left out
op("map", { shape = function(s) return s end, draw = function(_, d) return { d.pick(d.below(3) == 1 and kinked or smooth) } end })
op("linear", { layer = true, shape = function(s, a) return with(s, #s, a[1]) end, draw = function(_, d) return { d.pick { 1, 3, 5, 8, 12, 16, 17, 33 }, d.below(4) > 1 and 1 or 0 } end })
-- the layer of an earlier linear step once more
op("again", { takes = "linear", shape = function(s, a, _, first) return first and first.inputs == s[#s] and with(s, #s, first.args[1]) end, draw = function() return {} end })

local function conv(rank)
  return { layer = true,
    shape = function(s, a)
      local n, k, stride, pad, dilation, groups = table.unpack(a)
      if #s ~= rank or s[1] % groups ~= 0 or n % groups ~= 0 then return end
      local r = { n }
      for i = 2, rank do
        r[i] = slid(s[i], k, stride, pad, dilation)
        if not r[i] then return end
      end
      return r
    end,
    draw = function(s, d)
      local k, groups = d.pick { 1, 2, 3, 3, 5 }, d.pick { 1, 1, 1, 2, s[1] }
      return { groups > 2 and groups or d.pick { 2, 3, 4, 6, 8, 9, 16 }, k, d.pick { 1, 1, 2 }, d.pick { 0, k // 2, k // 2 }, d.pick { 1, 1, 1, 2 }, groups }
    end }
end
op("conv", conv(3))
op("conv1", conv(2))
op("unconv", { layer = true,
  shape = function(s, a)
    local side = function(n) return (n - 1) * a[3] + a[2] end
    return #s == 3 and side(s[2]) * side(s[3]) <= 80 and { a[1], side(s[2]), side(s[3]) }
  end,
  draw = function(_, d) return { d.pick { 2, 3, 4 }, d.pick { 2, 3 }, d.pick { 1, 2 } } end })

local function pool(s, a)
  if #s ~= 3 or 2 * a[3] > a[1] then return end
  local h, w = slid(s[2], a[1], a[2], a[3], 1), slid(s[3], a[1], a[2], a[3], 1)
  return h and w and { s[1], h, w }
end
local function window(_, d) return { d.pick { 2, 3 }, d.pick { 1, 2 }, d.pick { 0, 1 } } end
op("max_pool", { shape = pool, draw = window })
op("avg_pool", { shape = pool, draw = function(s, d) local a = window(s, d) a[4] = d.below(2) - 1 return a end })
op("adaptive", { shape = function(s, a) return #s == 3 and { s[1], a[1], a[1] } end, draw = function(_, d) return { d.below(3) } end })
op("global", { shape = function(s) return #s > 1 and { s[1] } end, draw = function() return {} end })

local function norm(suits) return { layer = true, shape = function(s, a) return suits(s, a) and s end, draw = function() return { 2 } end } end
op("layer_norm", norm(function(s) return s[#s] >= 4 end))
op("rms_norm", norm(function(s) return s[#s] >= 3 end))
op("group_norm", norm(function(s) return s[1] % 2 == 0 and product(s) >= 8 end))
op("batch_norm", norm(function(s) return #s > 1 and product(s) >= 4 * s[1] end))
op("gain", norm(function() return true end))
op("prelu", norm(function() return true end))

local function along(s, d) return { d.below(#s) } end
local function axis_of(s, a) return s[a[1]] and s end
op("softmax", { shape = axis_of, draw = along })
op("log_softmax", { shape = axis_of, draw = along })
op("flip", { shape = axis_of, draw = along })
op("cumsum", { shape = axis_of, draw = along })
op("glu", { shape = function(s, a) local n = s[a[1]] return n and n % 2 == 0 and with(s, a[1], n // 2) end, draw = along })
op("slice", { shape = function(s, a) return s[a[1]] and a[3] <= s[a[1]] and with(s, a[1], (a[3] - a[2]) // a[4] + 1) end,
  draw = function(s, d)
    local axis = d.below(#s)
    local from = d.below(s[axis])
    return { axis, from, from + d.below(s[axis] - from + 1) - 1, d.pick { 1, 1, 2 } }
  end })
op("pad", { shape = function(s, a) return s[a[1]] and product(s) < 200 and with(s, a[1], s[a[1]] + a[2] + a[3]) end,
  draw = function(s, d) return { d.below(#s), d.below(3) - 1, d.below(3) - 1, d.pick { 0, 0.25 } } end })
op("permute", { shape = function(s, a)
    if #s ~= #a then return end
    local r = {}
    for i, axis in ipairs(a) do r[i] = s[axis] end
    return r
  end,
  draw = function(s, d) return #s == 2 and { 2, 1 } or d.pick { { 3, 1, 2 }, { 2, 1, 3 }, { 1, 3, 2 }, { 2, 3, 1 } } end })
op("reshape", { shape = function(s, a) return product(s) == product(a) and { table.unpack(a) } end,
  draw = function(s, d)
    local n = product(s)
    local a = d.pick { 1, 2, 3, 4, 6, 8 }
    if n % a ~= 0 then return { n } end
    local b = d.pick { 1, 2, 2, 3 }
    return n // a % b == 0 and d.below(2) == 1 and { a, b, n // a // b } or { a, n // a }
  end })
-- folds: an axis, and whether it stays with extent 1
op("fold", { shape = function(s, a)
    if not s[a[2]] then return end
    if a[3] == 1 or #s == 1 then return with(s, a[2], 1) end
    local r = { table.unpack(s) }
    table.remove(r, a[2])
    return r
  end,
  draw = function(s, d) return { d.pick { "sum", "mean", "max", "min", "logsumexp", "norm" }, d.below(#s), d.below(2) - 1 } end })
op("spread", { shape = function(s, a) return s[a[1]] == 1 and with(s, a[1], a[2]) end, draw = function(s, d) return { d.below(#s), 3 } end })
op("upsample", { shape = function(s) return #s == 3 and product(s) <= 64 and { s[1], 2 * s[2], 2 * s[3] } end, draw = function() return {} end })
op("unshuffle", { shape = function(s) return #s == 3 and s[2] % 2 == 0 and s[3] % 2 == 0 and { 4 * s[1], s[2] // 2, s[3] // 2 } end, draw = function() return {} end })
op("shuffle", { shape = function(s) return #s == 3 and s[1] % 4 == 0 and { s[1] // 4, 2 * s[2], 2 * s[3] } end, draw = function() return {} end })
op("attend", { shape = function(s) return #s == 2 and s end, draw = function() return {} end })
op("halt", { shape = function(s) return s end, draw = function() return {} end })
op("dropout", { shape = function(s) return s end, draw = function(_, d) return { d.pick { 0.25, 0.5 } } end })
op("gather", { shape = function(s) return #s == 1 and s[1] >= 5 and { 1 } end, draw = function() return {} end })
-- tables by ids of the data
op("embed", { layer = true, alone = true, shape = function(_, a) return { 3, a[1] } end, draw = function(_, d) return { d.pick { 2, 4, 6 } } end })
op("one_hot", { alone = true, shape = function() return { 5 } end, draw = function() return {} end })
-- two values
for _, name in ipairs { "add", "sub", "mul", "maximum", "minimum", "hypot", "choose" } do
  op(name, { takes = "value", shape = function(s, _, b) return same(s, b) and s end, draw = function() return {} end })
end
op("concat", { takes = "value", shape = function(s, a, b)
    local axis = a[2]
    if not b or #b ~= #s or not s[axis] or not same(with(s, axis, b[axis]), b) or product(s) + product(b) > 300 then return end
    return with(s, axis, s[axis] + b[axis])
  end,
  draw = function(s, d) return { d.below(#s) } end })
op("matmul", { takes = "value", shape = function(s, _, b) return b and #s == 2 and #b == 2 and s[2] == b[1] and { s[1], b[2] } end, draw = function() return {} end })
recipe.ops = ops

-- ---- text -----------------------------------------------------------------------------------------
local function words(line)
  local t = {}
  for w in line:gmatch "%S+" do t[#t + 1] = math.tointeger(tonumber(w)) or tonumber(w) or w end
  return t
end
local function word(x) return type(x) == "number" and ("%.14g"):format(x) or x end
local function said(...)
  local t = {}
  for i, x in ipairs { ... } do t[i] = word(x) end
  return table.concat(t, " ")
end

recipe.settings = { "rows", "micro", "accumulate", "updates", "tail", "optim", "clip", "ema", "loss_scale", "nonfinite", "count", "recompute", "deterministic", "two" }

function recipe.text(r)
  local t = {}
  for _, key in ipairs(recipe.settings) do
    if r[key] then t[#t + 1] = said(key, r[key]) end
  end
  for _, s in ipairs(r.steps) do t[#t + 1] = said(s.id, s.op, s.from, table.unpack(s.args)) end
  for _, l in ipairs(r.losses) do t[#t + 1] = said("loss", l.id, l.kind, l.from, l.weight) end
  for _, p in ipairs(r.penalties) do t[#t + 1] = said("penalty", p.id, p.weight) end
  for _, id in ipairs(r.frozen) do t[#t + 1] = said("freeze", id) end
  return table.concat(t, "; ")
end

function recipe.read(text)
  local r = { steps = {}, losses = {}, penalties = {}, frozen = {} }
  for line in text:gmatch "[^;]+" do
    local w = words(line)
    if type(w[1]) == "number" then r.steps[#r.steps + 1] = { id = w[1], op = w[2], from = w[3], args = { table.unpack(w, 4) } }
    elseif w[1] == "loss" then r.losses[#r.losses + 1] = { id = w[2], kind = w[3], from = w[4], weight = w[5] }
    elseif w[1] == "penalty" then r.penalties[#r.penalties + 1] = { id = w[2], weight = w[3] }
    elseif w[1] == "freeze" then r.frozen[#r.frozen + 1] = w[2]
    else r[w[1]] = #w > 2 and table.concat({ line:match "^%s*%S+%s+(.*)$" }) or w[2] end
  end
  return r
end

-- ---- what a recipe comes to -----------------------------------------------------------------------
-- Steps that suit, with the shapes and the values that they take.
local function suited(r)
  local alias, made, list = {}, {}, {}
  for _, step in ipairs(r.steps) do
    local o, args = ops[step.op], { table.unpack(step.args) }
    local from = o.alone and 0 or alias[step.from] or step.from
    if o.takes then args[1] = alias[args[1]] or args[1] end
    local source, second = made[from], o.takes and made[args[1]]
    local s = source and source.shape
    local suits = (o.alone or source and (not o.takes or second)) and (o.takes ~= "linear" or second.op == "linear")
    local shape = suits and o.shape(s, args, second and second.shape, second)
    if shape and product(shape) >= 1 and product(shape) <= 600 then
      list[#list + 1] = { id = step.id, op = step.op, from = from, args = args, shape = shape, inputs = s and s[#s] }
      made[step.id] = list[#list]
    else
      alias[step.id] = from
    end
  end
  return list, made, alias
end

-- those that some value of `wanted` needs
local function needed(list, wanted)
  local kept = {}
  for i = #list, 1, -1 do
    local s = list[i]
    if wanted[s.id] then
      table.insert(kept, 1, s)
      wanted[s.from] = s.from > 0 or nil
      if ops[s.op].takes == "value" then wanted[s.args[1]] = true end
    end
  end
  return kept
end

local function any(list, test)
  for _, x in ipairs(list) do
    if test(x) then return true end
  end
end

-- Of two steps in turn the first minimizes the first loss and trains what that is made of; the second has all else. The names of the
-- layers that each trains.
function recipe.parts(r)
  local wanted, first, second = { [r.losses[1].from] = true }, {}, {}
  for _, s in ipairs(needed(r.steps, wanted)) do
    if s.op == "again" then wanted[s.args[1]] = true end        -- the layer is its own too
  end
  for _, s in ipairs(r.steps) do
    local part = wanted[s.id] and first or second
    if ops[s.op].layer then part[#part + 1] = "n" .. s.id end
  end
  for i, l in ipairs(r.losses) do
    local part = i == 1 and first or second
    if l.kind ~= "plain" then part[#part + 1] = "h" .. l.id end
  end
  return first, second
end

-- The recipe as a model has it: nothing in it that does not count.
function recipe.settled(r)
  local list, made, alias = suited(r)
  local t = { steps = {}, losses = {}, penalties = {}, frozen = {} }
  for _, key in ipairs(recipe.settings) do t[key] = (r.settings or r)[key] end
  local wanted = {}
  for _, l in ipairs(r.losses) do
    local from = alias[l.from] or l.from
    t.losses[#t.losses + 1] = { id = l.id, kind = l.kind, from = from, weight = l.weight }
    wanted[from] = true
  end
  t.steps = needed(list, wanted)
  for i, s in ipairs(list) do           -- a layer that only comes again is none
    if s.op == "again" and wanted[s.id] and not wanted[s.args[1]] then
      list[i].op = "none"
      return recipe.settled { steps = list, losses = t.losses, penalties = r.penalties, frozen = r.frozen, settings = t }
    end
  end
  local function live(id) return wanted[id] and made[id] and ops[made[id].op].layer end
  for _, p in ipairs(r.penalties) do
    if live(p.id) and (made[p.id].op == "linear" or made[p.id].op:find "^conv") then t.penalties[#t.penalties + 1] = p end
  end
  -- gradients in momentum are divided before the first one
  local counted = any(t.losses, function(l) return l.kind == "ignored" or l.kind == "weighed" or l.kind == "masked" or l.kind == "ratio" end)
  if counted and t.optim and t.optim:find "accumulate_in" then t.count = "before" end
  local headed = any(t.losses, function(l) return l.kind ~= "plain" end)
  local layers = any(t.steps, function(s) return ops[s.op].layer end)
  if not headed and not layers then t.losses[1].kind = "mse" end
  if t.two then
    local first, second = recipe.parts(t)
    if #first == 0 or #second == 0 or any(t.steps, function(s) return s.op == "batch_norm" end) then t.two = nil end
  end
  if headed and not t.two then
    for _, id in ipairs(r.frozen) do
      if live(id) and not any(t.penalties, function(p) return p.id == id end) then t.frozen[#t.frozen + 1] = id end
    end
  end
  if any(t.steps, function(s) return s.op == "again" or s.op == "batch_norm" end) then t.deterministic = nil end
  return t
end

-- Whether windows can be made of it: a whole one at least, where the tail is dropped.
function recipe.whole(r)
  return r.rows and r.micro and r.accumulate and r.updates and r.optim and #r.steps > 0 and #r.losses > 0 and r.rows >= 1 and r.micro >= 1
    and (r.tail ~= "drop" or r.rows >= r.micro * r.accumulate)
end

-- ---- drawing one ----------------------------------------------------------------------------------
-- ops of any shape, and those that vectors, sequences and images have above others
local any_shape = { "linear", "map", "map", "layer_norm", "rms_norm", "group_norm", "gain", "prelu", "softmax", "log_softmax", "flip", "cumsum", "glu", "slice", "slice", "pad",
  "pad", "permute", "permute", "reshape", "reshape", "fold", "fold", "spread", "halt", "dropout", "embed", "one_hot", "add", "add", "mul", "sub", "maximum", "minimum", "hypot", "choose",
  "concat", "concat", "concat" }
local by_rank = {
  { "linear", "linear", "linear", "again", "gather", "reshape" },
  { "linear", "linear", "conv1", "conv1", "conv1", "attend", "matmul", "batch_norm", "again", "global" },
  { "conv", "conv", "conv", "conv", "unconv", "max_pool", "max_pool", "avg_pool", "adaptive", "batch_norm", "batch_norm", "upsample", "unshuffle", "shuffle", "global" } }
local inputs = { { 24 }, { 24 }, { 4, 6 }, { 6, 4 }, { 6, 2, 2 }, { 2, 3, 4 }, { 4, 3, 2 }, { 1, 4, 6 }, { 1, 6, 4 } }
local kinds = { "mse", "mse", "l1", "huber", "smooth_l1", "cross_entropy", "cross_entropy", "ignored", "weighed", "masked", "bce", "ratio", "plain", "plain" }
local optimizers = {
  function(d) return "SGD lr=0.1" .. d.pick { "", " momentum=0.9", " momentum=0.9 nesterov=1", " momentum=0.5 weight_decay=0.01", " momentum=0.9 accumulate_in=momentum" } end,
  function(d) return "SGD lr=0.05" .. d.pick { "", " weight_decay=0.1" } end,
  function(d) return "Adam lr=0.01 eps=0.001" .. d.pick { "", " weight_decay=0.01", " amsgrad=1" } end,
  function() return "AdamW lr=0.01 eps=0.001 weight_decay=0.05" end,
  function() return "NAdam lr=0.01 eps=0.001" end,
  function() return "RAdam lr=0.01 eps=0.001" end,
  function() return "Adamax lr=0.01 eps=0.001" end,
  function(d) return "RMSprop lr=0.01 eps=0.001" .. d.pick { "", " momentum=0.9", " centered=1" } end,
  function() return "Adagrad lr=0.01 eps=0.001" end,
  function() return "Adadelta lr=1 eps=0.001" end,
}

local function dice(seed)
  local state, d = (seed * 7919 + 17) % 2147483648, {}
  function d.below(n)                   -- 1 .. n
    state = (state * 1103515245 + 12345) % 2147483648
    return state // 4096 % n + 1
  end
  function d.pick(t) return t[d.below(#t)] end
  for _ = 1, 8 do d.below(2) end
  return d
end

-- One more step, where it suits.
local function step(r, op, from, args)
  r.steps[#r.steps + 1] = { id = #r.steps + 1, op = op, from = from, args = args }
  if #suited(r) < #r.steps then table.remove(r.steps) end
end

-- Words of an op of two, with one of the values that go with it; where none but the value itself does, a map of it.
local function second(r, d, list, from, name, args)
  local o, fits = ops[name], {}
  for _, x in ipairs(list) do
    local a = { x.id, table.unpack(args) }
    local good = x.id ~= from.id and (o.takes ~= "linear" or x.op == "linear") and o.shape(from.shape, a, x.shape, x)
    if good then fits[#fits + 1] = a end
  end
  if #fits > 0 then return d.pick(fits) end
  if o.takes ~= "value" or name == "matmul" then return end
  step(r, "map", from.id, ops.map.draw(from.shape, d))
  return { #r.steps, table.unpack(args) }
end

local function add_step(r, d)
  local list = suited(r)
  local from = d.below(4) == 1 and d.pick(list) or list[#list]
  local name = d.pick(d.below(2) == 1 and any_shape or by_rank[#from.shape])
  local args = ops[name].draw(from.shape, d)
  if ops[name].takes then args = second(r, d, list, from, name, args) end
  if args then step(r, name, from.id, args) end
end

local function settings(r, d)
  r.micro, r.accumulate, r.updates = d.pick { 1, 2, 3, 4, 5, 8 }, d.below(4), 3
  local batch = r.micro * r.accumulate
  r.rows = batch + d.below(batch + 2) + 1
  r.tail = d.pick { "step", "step", "drop", "carry" }
  r.optim = d.pick(optimizers)(d)
  local plain = not r.optim:find "accumulate_in"
  if d.below(5) == 1 and plain then r.clip = d.pick { 0.1, 0.5 } end
  if d.below(8) == 1 then r.ema = 0.9 end
  if d.below(8) == 1 and plain then r.loss_scale = 64 end
  if d.below(10) == 1 and plain then r.nonfinite = "skip_window" end
  if d.below(6) == 1 then r.count = "before" end
  if d.below(4) == 1 then r.recompute = d.pick { "all", "none", 1 } end
  if d.below(5) == 1 and plain then r.deterministic = "split" end
end

function recipe.made(seed)
  local d = dice(seed)
  local r = { steps = { { id = 1, op = "input", from = 0, args = d.pick(inputs) } }, losses = {}, penalties = {}, frozen = {} }
  settings(r, d)
  local many = 4 + d.below(8)
  for _ = 1, 200 do
    if #r.steps > many then break end
    add_step(r, d)
  end
  for id = 1, d.pick { 1, 1, 2, 3 } do
    r.losses[id] = { id = id, kind = d.pick(kinds), from = id == 1 and #r.steps or d.below(#r.steps), weight = d.pick { 1, 1, 0.5, 2 } }
  end
  if #r.losses > 1 and not r.optim:find "accumulate_in" and d.below(3) == 1 then r.two = 1 end
  if d.below(5) == 1 then r.penalties[1] = { id = d.below(#r.steps), weight = 0.01 } end
  if d.below(4) == 1 then r.frozen[1] = d.below(#r.steps) end
  return recipe.settled(r)
end

return recipe

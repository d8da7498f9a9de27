-- make.lua -- tensors out of nothing: numbers that the model states, counts, noise; and what only
-- training sees.
local core = ...
local util, op, base, known = core.use("dsl/util.lua"), core.use("dsl/op.lua"),
  core.use("dsl/fn.lua"), core.use("dsl/ids.lua")
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local fn, say = base.open, core.use("dsl/doc.lua").section "functions"
local MOST = 4096                   -- numbers of a constant: they stand in the program's text

local function sizes_of(what, ...)
  local sizes = { ... }
  for i, d in ipairs(sizes) do sizes[i] = util.integer(what, d, 1, "a size") end
  return sizes
end

-- a table is copied into memory once per update; what reads it need not know
local function stated(dims, values)
  return call.copy(core.table { dims = dims, values = values })
end

-- one number everywhere
local function filled(v, sizes)
  local ones = {}
  for i = 1, #sizes do ones[i] = 1 end
  return call.copy(call.expand(call.reshape(core.const(v), { dims = ones }), { dims = sizes }))
end

-- fn.const({ 0.485, 0.456, 0.406 }, 3, 1, 1): a tensor without a batch; without sizes a list is a
-- vector
say("fn.const({ 0.485, 0.456, 0.406 }, 3, 1, 1)",
  "A tensor of these numbers without a batch. A list without sizes is a vector, and infinity is "
  .. "allowed.")
say("fn.const(0, 3, 4)",
  "A tensor of these sizes filled with one number; without sizes it combines with a tensor of any "
  .. "shape.")
function fn.const(values, ...)
  local what = "fn.const"
  local sizes, n = sizes_of(what, ...), 1
  if type(values) == "number" then
    return #sizes == 0 and core.const(values) or filled(values, sizes)
  end
  if type(values) ~= "table" or getmetatable(values) then
    fail("%s: expected a list of numbers, then sizes: fn.const({ 0.5, 0.2, 0.3 }, 3, 1, 1); got %s",
      what, util.show(values))
  end
  if #sizes == 0 then sizes = { #values } end
  for _, d in ipairs(sizes) do n = n * d end
  if #values ~= n or n == 0 then
    fail("%s: %d numbers, the sizes given hold %d", what, #values, n)
  end
  if n > MOST then
    fail("%s: %d numbers, more than %d: a column of the data holds more, or a formula of fn.arange",
      what, n, MOST)
  end
  for i = 1, n do util.number(what, values[i], -math.huge, math.huge, "a number") end
  return stated(sizes, values)
end

-- 0, 1 ... n - 1
say("fn.arange(10)", "0, 1 ... 9.")
function fn.arange(n, more)
  if more ~= nil then
    fail("fn.arange: takes the number of values, which count from 0: fn.arange(10)")
  end
  return stated({ util.integer("fn.arange", n, 1, "the number of values") })
end

-- draws for each sample, from [0, 1) and from N(0, 1); in evaluation too
say("fn.rand(16)",
  "A uniform random number from [0, 1) for each element and sample, in evaluation, too. The "
  .. "sample's number is its key.")
function fn.rand(...) return op.draw(sizes_of("fn.rand", ...)) end

say("fn.randn(16)",
  "A normal random number, N(0, 1), for each element and sample; otherwise as fn.rand.")
function fn.randn(...)
  local sizes = sizes_of("fn.randn", ...)
  return call.normal(op.draw(sizes), op.draw(sizes))
end

-- a in training, b in evaluation: the gradient is a's
say("fn.when_training(a, b)",
  "a in training, b in evaluation and in frozen layers; both have one shape. The gradient is a's.")
function fn.when_training(a, b)
  local what = "fn.when_training"
  a, b = tensor(what, a), tensor(what, b)
  local sa, sb = info(a), info(b)
  if sa.text ~= sb.text and sa.rank > 0 and sb.rank > 0 then
    core.fail(("%s: in training it is %s, in evaluation %s: one shape for both"):format(what,
      sa.text, sb.text), core.place(),
      "the one for evaluation was made here", sb.place)
  end
  return op.in_training(call.when_training(a, b))
end

say("fn.rrelu(x, { lower = 1 / 8, upper = 1 / 3 })",
  "leaky_relu with a random slope for each element in training; evaluation takes the mean of the "
  .. "bounds.")
function fn.rrelu(x, o)
  x, o = tensor("fn.rrelu", x), options("fn.rrelu", o, { lower = 1 / 8, upper = 1 / 3 })
  if o.lower > o.upper then fail("fn.rrelu: lower = %g is above upper = %g", o.lower, o.upper) end
  return fn.when_training(call.prelu(x, fn.lerp(o.lower, o.upper, op.noise(x))),
    call.leaky_relu(x, { negative_slope = (o.lower + o.upper) / 2 }))
end

-- ---- class ids, computed or from a column
-- ---------------------------------------------------------
local never_real = { floor = true, ceil = true, round = true, trunc = true, argmax = true,
  argmin = true, eq = true, ne = true, lt = true,
  le = true, gt = true, ge = true, logical_and = true, logical_or = true, logical_xor = true,
  logical_not = true, floor_divide = true, sign = true }
local whole_of_whole = { add = true, sub = true, mul = true, neg = true, abs = true, maximum = true,
  minimum = true, where = true, remainder = true,
  fmod = true, clamp_min = true, clamp_max = true, clamp = true, square = true, copy = true,
  detach = true, slice = true, place = true,
  permute = true, reshape = true, expand = true, sum = true, amax = true, amin = true,
  gather = true, when_training = true }

-- all elements of x are whole numbers, as far as the ops that made it say
local function whole(x)
  local s = info(x)
  if s.type ~= "real" or never_real[s.kind] then return true end
  if s.kind == "constant" then return s.value == math.floor(s.value) end
  if s.kind == "leaf" then return true end
  if not whole_of_whole[s.kind] then return false end
  for _, a in ipairs(core.args(x)) do
    if not whole(a) then return false end
  end
  return true
end

-- ids, which name places: computed reals would name none
local function check_ids(what, ids)
  if whole(ids) then return ids end
  fail("%s: %s %s may hold fractions, which are no class ids: state the column's classes, or round "
    .. "it, fn.floor(x)", what,
    info(ids).kind == "input" and "column" or "the tensor", info(ids).name
    and "'" .. info(ids).name .. "'" or info(ids).text)
end

-- computed ids that name one of n places, whatever the data: a column's classes, places of an
-- extreme, 0 where it is no id
local function bounded(ids, n)
  local s = info(ids)
  if s.kind == "argmax" or s.kind == "argmin" then
    local from = info(core.args(ids)[1])
    for a = 1, from.rank do
      if s.axes >> (a - 1) & 1 == 1 then return from.dims[a] <= n end
    end
  end
  if s.kind == "constant" then return s.value >= 0 and s.value < n end
  if s.kind == "leaf" then return s.dims[1] <= n and s.rank == 1 end
  if s.kind == "reshape" or s.kind == "slice" or s.kind == "permute" or s.kind == "detach" then
    return bounded(core.args(ids)[1], n)
  end
  return false
end

-- ids name n places: the reader checks a column, the program what is computed, by a sum over the
-- window of those that name none
local function check_places(what, ids, n)
  check_ids(what, ids)
  if known.places(what, ids, n) or not info(ids).batch or bounded(ids, n) then return end
  local s = info(ids)
  local sum = call.sum(call.beyond(ids, { n = n }), { axes = (1 << s.rank) - 1 })
  op.checks[#op.checks + 1] = { sum, ids,
    ("%s: its computed id names none of %d places, 0 to %d"):format(what, n, n - 1), core.place() }
end

-- 1 at the place that an id names on a new axis `a` of that extent, else 0
local function at_id(ids, a, extent)
  local s = info(ids)
  local dims, ones = table.move(s.dims, 1, s.rank, 1, {}), {}
  table.insert(dims, a, 1)
  for i = 1, #dims - a + 1 do ones[i] = i == 1 and extent or 1 end
  return call.eq(call.reshape(ids, { dims = dims, batch = s.batch }),
    call.reshape(fn.arange(extent), { dims = ones }))
end

say("fn.one_hot(ids, 10)",
  "A new last axis with 1 at the id's index and 0 elsewhere; without a number it has the column's "
  .. "classes.")
function fn.one_hot(ids, classes)
  local what = "fn.one_hot"
  ids = tensor(what, ids)
  classes = classes or known.classes(ids)
  if classes == nil then fail("%s: say how many classes there are: fn.one_hot(ids, 10)", what) end
  classes = util.integer(what, classes, 1, "the number of classes")
  check_places(what, ids, classes)
  return at_id(ids, info(ids).rank + 1, classes)
end

-- the elements of x that ids name along an axis. ids have x's axes, and any extent along this one;
-- or one axis less: then each names one element, and the axis is gone
say("fn.gather(x, ids, { axis = 2 })",
  "The elements of x at ids along an axis; ids are a column or computed. Ids with one axis less "
  .. "select one element each.")
function fn.gather(x, ids, o)
  local what = "fn.gather"
  x, ids = tensor(what, x), tensor(what, ids)
  local sx, si = info(x), info(ids)
  local a = base.one_axis(what, x, options(what, o, { axis = util.any }))
  local one, k = si.rank == sx.rank - 1, 0
  for i = 1, sx.rank do
    if not (one and i == a) then
      k = k + 1
      if i ~= a and si.dims[k] ~= sx.dims[i] then k = -99 end
    end
  end
  if k ~= si.rank or si.batch ~= sx.batch then
    fail("%s: ids of %s do not name elements of %s along axis %d: they have its other axes", what,
      si.text, sx.text, a)
  end
  check_places(what, ids, sx.dims[a])
  local here = at_id(ids, one and a or a + 1, sx.dims[a])
  if one then return known.same(fn.sum(call.where(here, x, core.const(0)), { axis = a }), x) end
  local dims = table.move(sx.dims, 1, sx.rank, 1, {})
  table.insert(dims, a, 1)
  local beside = call.reshape(x, { dims = dims, batch = sx.batch })
  return known.same(fn.sum(call.where(here, beside, core.const(0)), { axis = a + 1 }), x)
end

-- ---- running sums
-- ---------------------------------------------------------------------------------
-- Each turn adds what stands 1, 2, 4 ... places before, and zeros before it
say("fn.cumsum(x, { axis = 2 })", "The sum of an element and all before it.")
function fn.cumsum(x, o)
  local what = "fn.cumsum"
  x = tensor(what, x)
  local a = base.one_axis(what, x, options(what, o, { axis = util.any }))
  local n, step = info(x).dims[a], 1
  while step < n do
    local before = fn.slice(x, { axis = a, from = 1, to = n - step })
    x, step = call.add(x, fn.pad(before, { axis = a, before = step })), 2 * step
  end
  return x
end

-- op.lua -- how ops are declared and called. An op is a table; C keeps its formulas, Lua its shape
-- and gradient.
--
--   all          name, args, doc; attrs, numbers with what they are unless told; role
-- (gen/ir/roles.def); hidden: users do not call it;
--                example: a call, where fn.NAME of the args does not show it
--   map          value, grad and let, formulas; refuse(options) says what is wrong with them;
-- noise: its last argument is a draw;
--                domain: from where tests/ops.t draws arguments
--   reduce       folds, value and per_row (one value for a row); grad(y, gy, ...) by calls of other
-- ops; fn.lua or loss.lua calls it
--   others       shape(...) gives its sizes; grad(...) as above; optional: calls may leave out
-- arguments
-- A new file of ops is named in dsl/init.lua and, where it has formulas, in tests/ops.t.
local core = ...
local util = core.use("dsl/util.lua")
-- formulas: by the function that a user's map is, its op
local op = { list = {}, call = {}, made = {}, noises = {}, states = {}, norms = {}, checks = {},
  layers = {}, formulas = {} }

-- a tensor from what the user gave: numbers become constants
function op.tensor(what, v)
  if core.is_tensor(v) then return v end
  if type(v) == "number" then return core.const(v) end
  if type(v) == "boolean" then
    util.fail("%s: expected a tensor, got %s: == and ~= compare Lua values; write fn.eq, fn.ne",
      what,
      tostring(v))
  end
  local meta = type(v) == "table" and getmetatable(v)
  if meta and meta.tensor then return meta.tensor(v) end
  if type(v) == "table" and not meta and type(v[1]) == "number" then
    util.fail("%s: expected a tensor, got a table: numbers are fn.const({ 1, 2, 3 })", what)
  end
  local hint = getmetatable(v) and getmetatable(v).hint
  util.fail("%s: expected a tensor, got %s%s", what, util.show(v), hint and ": " .. hint(v) or "")
end

-- a tensor of three axes, such as "[N, positions, channels]"
function op.sequence(what, x, axes)
  x = op.tensor(what, x)
  local s = core.info(x)
  if s.rank ~= 3 or not s.batch then util.fail("%s: expected %s, got %s", what, axes, s.text) end
  return x
end

-- n is another in training than in evaluation: in a frozen layer it is that of evaluation
function op.in_training(n)
  op.noises[#op.noises + 1] = { node = n, layer = op.layers[#op.layers] }
  return n
end

-- a fresh draw for every element of x; its path is the layer that runs now
function op.noise(x) return op.in_training(core.noise(x)) end

-- a fresh draw for every element of a tensor of these sizes, for each sample
function op.draw(sizes) return op.in_training(core.noise { dims = { 0, table.unpack(sizes) } }) end

-- a node of that op, which the innermost layer under way makes
local function node(t, args, options)
  local y, layer = core.call(t.handle, args, options), op.layers[#op.layers]
  if layer then op.made[#op.made + 1] = { node = y, layer = layer } end
  return y
end

local function caller(t)
  return function(...)
    local args, options = { ... }, nil
    if #args > #t.args or (t.optional and not core.is_tensor(args[#args])) then
      options = table.remove(args)
    end
    options = options or {}
    if t.shape then
      options = setmetatable({}, { __index = options })
      local given = table.move(args, 1, #args, 1, {})
      given[#given + 1] = options
      options.dims, options.batch = t.shape(table.unpack(given))
    end
    return node(t, args, options)
  end
end

local function attributes(t)
  local given = t.attrs or {}
  if given[1] then return given, {} end
  local names = util.sorted(given)
  return names, given
end

local function declare(kind, given)
  local t = {}
  for k, v in pairs(given) do t[k] = v end
  t.kind = kind
  t.attrs, t.preset = attributes(given)
  t.handle = core.op(t, kind)
  op.list[#op.list + 1] = t
  t.number = #op.list
  op.list[t.name] = t
  op.call[t.name] = caller(t)
  return t
end

for _, kind in ipairs { "map", "reduce", "contraction", "window", "view" } do
  op[kind] = function(t) return declare(kind, t) end
end

-- the function that users call: fn.silu(x), fn.leaky_relu(x, { negative_slope = 0.1 });
-- t.refuse(options) says what is wrong with them
function op.public(t, what)
  local n = #t.args - (t.noise and 1 or 0)
  return function(...)
    local given, args = select("#", ...), { ... }
    if given > n + 1 then
      util.fail("%s: expected %d tensor%s, got %d values", what, n, n == 1 and "" or "s", given)
    end
    for i = 1, n do args[i] = op.tensor(what, args[i]) end
    local options = util.options(what, args[n + 1], t.preset)
    local wrong = t.refuse and t.refuse(options)
    if wrong then util.fail("%s: %s", what, wrong) end
    if t.noise then args[n + 1] = op.noise(args[1]) end
    args[#t.args + 1] = nil
    return node(t, args, options)
  end
end

return op

-- world.lua -- the names that a model file sees. Its string, table and math are copies: patching
-- them patches nothing of ours. Nothing here opens a file, loads code, catches an error, draws a
-- random number or shows an address.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local fail = util.fail
local MOST = 16 * 1024 * 1024       -- characters that one call may make

local function pick(from, names)
  local t = {}
  for name in names:gmatch("%a+") do t[name] = from[name] end
  return t
end

-- ---- text ---------------------------------------------------------------------------------------
local function checked(what, v)
  local meta = getmetatable(v)
  if (type(v) == "table" or type(v) == "function" or type(v) == "userdata")
    and not (type(meta) == "table" and meta.__tostring) then
    fail("%s: a %s has no text", what, util.show(v):gsub("^a ", ""))
  end
  return v
end

local function guarded_strings()
  local s = pick(string, "byte char find format gmatch gsub len lower match rep reverse sub upper")
  function s.rep(text, n, between)
    if type(n) == "number" and n > 0
      and (#tostring(text) + #tostring(between or "") + 1) * n > MOST then
      fail("string.rep: the result would have more than %d million characters", MOST // 1000000)
    end
    return string.rep(text, n, between)
  end
  function s.format(format, ...)
    if type(format) == "string" and format:gsub("%%%%", ""):find("%%[%-#0-9.+ ]*p") then
      fail("string.format: %%p would show an address")
    end
    for _, v in ipairs(table.pack(...)) do checked("string.format", v) end
    return string.format(format, ...)
  end
  return s
end

-- ---- tables -------------------------------------------------------------------------------------
local function less(a, b) return a < b end

-- stable, and in the same order everywhere
local function sort(t, before)
  if type(t) ~= "table" or getmetatable(t) then
    fail("table.sort: expected a table, got %s", util.show(t))
  end
  before = before or less
  local n, width, from, to = #t, 1, t, {}
  while width < n do
    for lo = 1, n, 2 * width do
      local mid, hi = math.min(lo + width, n + 1), math.min(lo + 2 * width, n + 1)
      local i, j = lo, mid
      for k = lo, hi - 1 do
        if i < mid and (j >= hi or not before(from[j], from[i])) then to[k], i = from[i], i + 1
        else to[k], j = from[j], j + 1 end
      end
    end
    from, to = to, from
    width = 2 * width
  end
  if from ~= t then table.move(from, 1, n, 1, t) end
end

-- in the order of the keys: numbers, then strings, then booleans
local function sorted_pairs(t)
  if type(t) ~= "table" or getmetatable(t) then
    fail("pairs: expected a table, got %s", util.show(t))
  end
  local keys, i = util.sorted(t), 0
  return function()
    i = i + 1
    if keys[i] ~= nil then return keys[i], t[keys[i]] end
  end
end

-- ---- numbers ------------------------------------------------------------------------------------
local of_tensors = { deg = "rad2deg", rad = "deg2rad", modf = "trunc and fn.frac",
  tointeger = "trunc" }
local of_any = { type = true, tointeger = true }

-- math's functions, which take numbers alone
local function guarded_math()
  local m = pick(math,
    "abs ceil cos deg exp floor fmod huge log max maxinteger min mininteger modf pi rad sin sqrt "
    .. "tan tointeger type ult")
  local fn = core.use("dsl/fn.lua").open
  for _, name in ipairs(util.sorted(m)) do
    local plain, ours = m[name], of_tensors[name] or fn[name] and name
    if type(plain) == "function" then
      m[name] = function(...)
        for i = 1, math.max(1, select("#", ...)) do
          local v = (select(i, ...))
          if core.is_tensor(v) or tonumber(v) == nil and not of_any[name] then
            fail("math.%s takes numbers, got %s%s", name, util.show(v), core.is_tensor(v) and ours
              and ": write fn." .. ours or "")
          end
        end
        return plain(...)
      end
    end
  end
  return m
end

-- ---- users' own ops and options -----------------------------------------------------------------
local map_spec = { name = util.any, args = util.any, doc = "", let = {}, value = util.any,
  grad = {},
  attrs = {}, domain = {}, example = "", noise = false }

local function map(given)
  local t = util.options("map", given, map_spec)
  if type(t.name) ~= "string" then
    fail("map: 'name' is missing: map { name = \"swish\", value = \"x / (1 + exp(-x))\" }")
  end
  if type(t.value) ~= "string" then
    fail("map '%s': 'value' is missing, a formula of its arguments", t.name)
  end
  t.args = t.args or { "x" }
  if #t.args == 0 then fail("map '%s': it needs an argument", t.name) end
  local names = {}
  for _, a in ipairs(t.args) do names[a] = true end
  for _, a in ipairs(util.sorted(t.grad)) do
    if not names[a] then
      fail("map '%s': grad has a formula for '%s', which is no argument", t.name, tostring(a))
    end
  end
  for _, a in ipairs(util.sorted(t.attrs)) do
    if type(t.attrs[a]) ~= "number" then
      fail("map '%s': attribute '%s' must be a number", t.name, tostring(a))
    end
  end
  local made = op.map(t)
  local f = op.public(made, t.name)
  local function called(...) return util.calling(t.name, f, ...) end
  op.formulas[called] = made
  return called
end

-- option("layers", 4): what -D layers=6 says, else the default, whose type it takes
local function option(name, default)
  if type(name) ~= "string" or not name:find("^%a[%w_]*$") then
    fail("option: expected a name, got %s", util.show(name))
  end
  if type(default) ~= "number" and type(default) ~= "string" and type(default) ~= "boolean" then
    fail("option '%s': the default must be a number, a string or a boolean; got %s", name,
      util.show(default))
  end
  local v = core.define(name)
  if v == nil then return default end
  if type(default) == "string" then return v end
  if type(default) == "number" and tonumber(v) then return tonumber(v) end
  if type(default) == "boolean" and (v == "true" or v == "false") then return v == "true" end
  fail("-D %s=%s: expected a %s", name, v, type(default))
end

-- ---- the world ----------------------------------------------------------------------------------
local world = pick(_G, "assert error ipairs select tonumber")
world.string, world.table = guarded_strings(), pick(table, "concat insert move pack remove unpack")
world.math = guarded_math()
world.table.sort = sort
world.pairs = sorted_pairs
world.map, world.option = map, option
core.use("dsl/loss.lua")
core.use("dsl/layers.lua")
core.use("dsl/batch_norm.lua")
world.nn, world.fn = core.use("dsl/nn.lua").public, core.use("dsl/fn.lua").public
world.data, world.optim = core.use("dsl/data.lua").public, core.use("dsl/optim.lua").public
world.train = core.use("dsl/train.lua")
world.step = core.use("dsl/step.lua").step

function world.type(...)
  if select("#", ...) == 0 then fail("type: a value is missing") end
  local meta = getmetatable(...)
  return type(meta) == "table" and meta.__name or type(...)
end

function world.tostring(v) return tostring(checked("tostring", v)) end

function world.print(...)
  local words = table.pack(...)
  for i = 1, words.n do words[i] = tostring(checked("print", words[i])) end
  io.stderr:write(table.concat(words, "\t"), "\n")
end

getmetatable("").__index = guarded_strings()

-- why a name is not there
local closed = {
  F = "write fn", tf = "write nn and fn", jnp = "write fn", numpy = "write fn",
  Tensor = "write fn.const", Variable = "a tensor needs none",
  require = "a model file is closed: nn, fn, data, optim and train are there",
  io = "a model file opens nothing",
  os = "a model file has no system", load = "a model file loads nothing",
  dofile = "a model file loads nothing",
  debug = "a model file has no debug", pcall = "errors are not caught here",
  setmetatable = "there are no metatables here", getmetatable = "there are no metatables here",
  rawget = "there are no metatables here", rawset = "there are no metatables here",
  coroutine = "there are no coroutines here", collectgarbage = "the host frees memory by itself",
  next = "write pairs: its order is that of the keys", torch = "write nn and fn", np = "write fn" }

local function unknown(_, k)
  if world[k] ~= nil then return world[k] end
  local hint = closed[k] and ": " .. closed[k] or util.near(k, world)
  fail("unknown name '%s'%s", tostring(k):sub(1, 40), hint)
end

local function assigned(_, k)
  local name = tostring(k):sub(1, 40)
  fail("assignment to the global '%s': write local %s = ...", name, name)
end

local closed_world = setmetatable({}, { __name = "world", __index = unknown,
  __newindex = assigned })
core.use("dsl/nn.lua").set_world(closed_world)
return closed_world

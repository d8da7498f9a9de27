#!/usr/bin/env lua5.4
-- ops.t -- every op is documented, and the gradients of those written as formulas are right: the strings themselves are
-- evaluated here against differences in double.
local tests, failures = 0, 0
local function ok(good, what)
  tests = tests + 1
  if not good then failures = failures + 1 end
  print((good and "ok " or "not ok ") .. tests .. " - " .. what)
end

local function run(command)
  local f = assert(io.popen(command .. " 2>&1"))
  local text = f:read("a")
  return text, f:close()
end

-- ---- formulas as Lua ---------------------------------------------------------------------------------------------------
local function erf(x)               -- a series; after 4 nothing much is left of the difference from 1
  if math.abs(x) > 4 then return x > 0 and 1 or -1 end
  local sum, term = x, x
  for k = 1, 200 do
    term = -term * x * x / k
    sum = sum + term / (2 * k + 1)
  end
  return sum * 2 / math.sqrt(math.pi)
end

local functions = { exp = math.exp, log = math.log, sqrt = math.sqrt, sin = math.sin, cos = math.cos, abs = math.abs, erf = erf, atan2 = math.atan,
  erfc = function(x) return x ~= x and x or 1 - erf(x) end,
  floor = math.floor, max = math.max, min = math.min, pow = function(a, b) return a ^ b end,
  log1p = function(x) return math.log(1 + x) end, expm1 = function(x) return math.exp(x) - 1 end,
  sign = function(x) return x > 0 and 1 or x < 0 and -1 or x end,
  tanh = function(x)
    local e = math.exp(2 * math.abs(x))
    return (x < 0 and -1 or 1) * (e == math.huge and 1 or (e - 1) / (e + 1))
  end,
  select = function(c, a, b) if c and c ~= 0 then return a else return b end end }

local function evaluate(formula, values)
  return assert(load("return " .. formula, formula, "t", setmetatable(values, { __index = functions })))()
end

-- ---- the ops' tables -----------------------------------------------------------------------------------------------------
local maps, reduces, calls = {}, {}, {}
local op = { call = calls }
function op.map(t) maps[#maps + 1] = t end
function op.reduce(t) reduces[#reduces + 1] = t; reduces[t.name] = t end
local core = { use = function() return op end }
function core.info(x)               -- of a row, or of a number: one per row
  return { axes = 2, eps = 1e-5, correction = 1, p = 3, e = 0.1, dims = { 1, type(x) == "table" and #x or nil } }
end
assert(loadfile("dsl/ops/map.lua"))(core)
for _, name in ipairs { "activation", "math", "noise", "reduce", "moments", "softmax", "normalize", "cross_entropy", "loss" } do
  assert(loadfile("dsl/ops/" .. name .. ".lua"))(core)
end

local function copy(t)
  local c = {}
  for k, v in pairs(t) do c[k] = v end
  return c
end

-- ---- maps ----------------------------------------------------------------------------------------------------------------
local function with_lets(t, v)
  for _, let in ipairs(t.let or {}) do
    local name, e = let:match("^(%w+) = (.*)$")
    v[name] = evaluate(e, v)
  end
  return v
end

local function value(t, v) return evaluate(t.value, with_lets(t, copy(v))) end

local function draw(t)
  local v = { training = 1 }
  for k, x in pairs(t.attrs or {}) do v[k] = x end
  for _, a in ipairs(t.args) do
    local d = t.domain and t.domain[a] or { -2, 2 }
    v[a] = d[1] + math.random() * (d[2] - d[1])
  end
  return v
end

local function slope(t, v, a)
  local up, down, h = copy(v), copy(v), 1e-5
  up[a], down[a] = v[a] + h, v[a] - h
  return (value(t, up) - value(t, down)) / (2 * h)
end

local function map_error(t, a)
  local worst = 0
  for _ = 1, 50 do
    local v = draw(t)
    local given = with_lets(t, copy(v))
    given.y, given.gy = value(t, v), 1.7
    local expected, got = 1.7 * slope(t, v, a), evaluate(t.grad[a], given)
    worst = math.max(worst, math.abs(expected - got) / (1 + math.abs(expected)))
  end
  return worst
end

-- ---- reductions of one row -------------------------------------------------------------------------------------------------
local fold = { sum = function(a, b) return (a or 0) + b end, max = function(a, b) return math.max(a or -math.huge, b) end,
               min = function(a, b) return math.min(a or math.huge, b) end, prod = function(a, b) return (a or 1) * b end }

-- the values of a reduce op's arguments at element i of a row; an argument that is a number is one per row
local function at(t, args, lets, attrs, i, n)
  local v = { i = i - 1, n = n }
  for k, x in pairs(attrs) do v[k] = x end
  for k, a in ipairs(t.args) do
    if type(args[k]) == "table" then v[a] = args[k][i] else v[a] = args[k] end
  end
  for k, x in pairs(lets) do v[k] = x end
  return v
end

local function reduce(t, args, attrs)
  local lets, n, out = {}, #args[1], {}
  for _, f in ipairs(t.folds) do
    local name, kind, e = f:match("^(%w+) = (%w+)%((.*)%)$")
    local total
    if not fold[kind] then
      name, e = f:match("^(%w+) = (.*)$")       -- a value of the folds before
      total = evaluate(e, at(t, args, lets, attrs, 1, n))
    else
      for i = 1, n do total = fold[kind](total, evaluate(e, at(t, args, lets, attrs, i, n))) end
    end
    lets[name] = total
  end
  if t.per_row then return evaluate(t.value, at(t, args, lets, attrs, 1, n)) end
  for i = 1, n do out[i] = evaluate(t.value, at(t, args, lets, attrs, i, n)) end
  return out
end

for name, t in pairs(reduces) do
  if type(name) == "string" then
    calls[name] = function(...)
      local args, attrs = { ... }, {}
      for k, v in pairs(t.attrs or {}) do attrs[k] = v end
      return reduce(t, { table.unpack(args, 1, #t.args) }, attrs)
    end
  end
end
for _, t in ipairs(maps) do         -- of a row, and of numbers that stand beside it
  calls[t.name] = function(...)
    local args, out, attrs = { ... }, {}, t.attrs or {}
    for i = 1, #args[1] do out[i] = evaluate(t.value, at(t, args, {}, attrs, i, #args[1])) end
    return out
  end
end
function calls.reshape(x) return x end
function calls.copy(x) return x end
function calls.expand(x, o)
  local out = {}
  for i = 1, o.dims[#o.dims] do out[i] = x end
  return out
end

-- gy: a number when y is one per row, else a row of weights
local function weighed(y, gy)
  if type(y) == "number" then return y * gy end
  local total = 0
  for i = 1, #y do total = total + y[i] * gy[i] end
  return total
end

local function row(n)
  local x = {}
  for i = 1, n do x[i] = math.random() * 4 - 2 end
  return x
end

-- a loss of class ids reads the row's largest logit and its sum of exponentials, too
local function arguments(t, x, class)
  local args, m, s = { x, class }, math.max(table.unpack(x)), 0
  for i = 1, #x do s = s + math.exp(x[i] - m) end
  for i = 3, #t.args do args[i] = t.args[i] == "max" and m or s end
  return args
end

local function reduce_error(t)
  local n, worst, attrs = 5, 0, t.attrs or {}
  local function apply(x, class) return reduce(t, arguments(t, x, class), attrs) end
  for _ = 1, 20 do
    local x, class = row(n), math.random(0, n - 1)
    local y, gy = apply(x, class), t.per_row and 1.7 or row(n)
    local dx = t.grad(y, gy, table.unpack(arguments(t, x, class)))
    for i = 1, n do
      local h, keep = 1e-5, x[i]
      x[i] = keep + h
      local up = weighed(apply(x, class), gy)
      x[i] = keep - h
      local expected = (up - weighed(apply(x, class), gy)) / (2 * h)
      x[i] = keep
      worst = math.max(worst, math.abs(expected - dx[i]) / (1 + math.abs(expected)))
    end
  end
  return worst
end

-- ---- the tests -------------------------------------------------------------------------------------------------------------
math.randomseed(1)
local list = run("./gagen ops")
local names = {}
for name, kind, doc in list:gmatch("(%S+) +(%S+) +([^\n]*)\n") do
  names[name] = kind
  local shown = run("./gagen ops " .. name)
  ok(#doc > 1 and shown:find("\n  example  %S"), name .. " has a doc and an example")
end
local files = {}
for path in run("find gen -name '*.c'"):gmatch("%S+") do
  files[#files + 1] = path
end
-- functions of the runtime that programs call: words.c keeps their names from variables
local called = {}
for name in assert(io.open "runtime/contract.h"):read("a"):gmatch("\nSPECIALISED void ([%w_]+)%(") do called[name] = true end
local quoted = {}
for _, path in ipairs(files) do
  for name in assert(io.open(path)):read("a"):gmatch('"([%w_]+)"') do
    local shown = names[name] and run("./gagen ops " .. name)
    if shown and not shown:find("\n  role     " .. name .. "\n") and not (path == "gen/back/words.c" and called[name]) then quoted[#quoted + 1] = path .. ": " .. name end
  end
end
ok(#quoted == 0, "C quotes no op's name but where it is a role  # " .. table.concat(quoted, ", "))

-- ---- roles stand once, in gen/ir/roles.def -------------------------------------------------------------------------------
local function set(text, pattern)
  local names = {}
  for name in text:gmatch(pattern) do names[name] = true end
  return names
end
local defined = set(assert(io.open "gen/ir/roles.def"):read "a", "\nROLE%(([%w_]+),%s*\"[^\"]+\", \"[^\"]+\"%)")
local given = set(run "cat dsl/ops/*.lua", 'role = "([%w_]+)"')
given.batch = true                      -- batch_norm.lua gives it to a table that it was handed
-- what C asks for and the list lacks, what the list has and nobody asks for, or no op states
local function strange(c)
  local asked, wrong = {}, {}
  for _, before in ipairs { "has_role%([^,]+, ", "is_view%([^,]+, ", "op_with_role%([^,]+, ", "[^_]view%(", "role, " } do
    for name in pairs(set(c, before .. '"([%w_]+)"')) do asked[name] = true end
  end
  for name in pairs(asked) do if not defined[name] then wrong[#wrong + 1] = name .. " is not in the list" end end
  for name in pairs(defined) do
    if not asked[name] then wrong[#wrong + 1] = "nobody asks for " .. name end
    if not given[name] then wrong[#wrong + 1] = "no op is " .. name end
  end
  for name in pairs(given) do if not defined[name] then wrong[#wrong + 1] = "an op is " .. name end end
  return wrong
end
local c = run "cat $(find gen -name '*.c')"
ok(#strange(c) == 0, "roles of C and of ops are those of roles.def  # " .. table.concat(strange(c), ", "))
ok(#strange(c .. 'has_role(n, "nobody")') == 1, "control: a role that is not in the list")
for _, t in ipairs(maps) do
  ok(names[t.name] == "map", t.name .. " is listed")
  for _, a in ipairs(t.args) do
    if t.grad and t.grad[a] then
      local e = map_error(t, a)
      ok(e < 1e-6, ("d%s/d%s  # %.1e"):format(t.name, a, e))
    end
  end
end
for _, t in ipairs(reduces) do
  if t.grad then
    local e = reduce_error(t)
    ok(e < 1e-6, ("gradient of %s  # %.1e"):format(t.name, e))
  end
end

-- ---- at the edges: what gradients.t leaves out, infinity and NaN ---------------------------------------------------------
local function numbers(line)
  local list = {}
  for w in line:gmatch "%S+" do
    list[#list + 1] = w == "inf" and math.huge or w == "-inf" and -math.huge or w:find "nan" and 0 / 0 or tonumber(w) or w
  end
  return list
end

local function near(got, expected)
  if got ~= got or expected ~= expected then return got ~= got and expected ~= expected end
  return got == expected or math.abs(got - expected) <= 1e-6 * math.abs(expected) + 1e-12
end

-- The first point at which the formulas of t give something else than PyTorch; what it says of a NaN's derivative
-- depends on whether a number stands in its vectors or after them.
local function edge_fault(t, x, y, d)
  for i = 3, #x do
    local v = { x = x[i] }
    for k, a in pairs(t.attrs or {}) do v[k] = a end
    local given = with_lets(t, v)
    given.y, given.gy = evaluate(t.value, copy(given)), 1
    local slope = t.grad and evaluate(t.grad.x, copy(given)) or 0
    if not near(given.y, y[i - 1]) then return ("y(%g) = %g, not %g"):format(x[i], given.y, y[i - 1]) end
    if x[i] == x[i] and not near(slope, d[i]) then return ("dy(%g) = %g, not %g"):format(x[i], slope, d[i]) end
  end
end

local named, t, x, y = {}, nil, nil, nil
for _, m in ipairs(maps) do named[m.name] = m end
for _, path in ipairs { "tests/reference/ops.txt", "tests/reference/everyday.txt", "tests/reference/wider.txt" } do
  for line in io.lines(path) do
    local key = line:match "^%S+"
    if key == "case" then t = nil
    elseif key == "model" then t = named[line:match "^model fn%.(%w+)%(x%)$"]
    elseif key == "points" then x = numbers(line:gsub("^%S+ ", ""))
    elseif key == "y" then y = numbers(line:gsub("^%S+ ", "") .. " ")
    elseif key == "d" and t and x then
      local fault = edge_fault(t, x, y, numbers(line:gsub("^%S+ ", "")))
      ok(not fault, t.name .. " at the edges is PyTorch's" .. (fault and "  # " .. fault or ""))
    end
    if key == "d" or key == "case" then x = nil end
  end
end
local text, good = run("./gagen ops no_such_op")
ok(not good and text:find("no_such_op", 1, true), "an unknown op is named")
print("1.." .. tests)
os.exit(failures == 0)

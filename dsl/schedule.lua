-- schedule.lua -- numbers that follow the update: a learning rate, or the factor of a term of the
-- loss. A schedule is a function of two formulas, the update it is at and the updates it has, and
-- gives its own. Formulas are in double, of t = 1 .. T and E updates an epoch, which with tail =
-- "carry" are no whole number: a window that two epochs share is a part of each.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local about = core.use("dsl/doc.lua").section "schedules"
local fail, options, number = util.fail, util.options, util.number
local optim, schedules = {}, {}
local Schedule = util.sealed("schedule",
  "its numbers are stated where it is made, optim.linear { 1e-3, 0 }")

local units = { epoch = "epoch", epochs = "epoch", update = "update", updates = "update",
  step = "update", steps = "update" }

-- updates that v stands for, as a formula: 700, "700 updates", "5 epochs", which are those that it
-- takes to read their samples: rounded up, but for what rounding may have left of a whole number;
-- `exact`: not rounded. A warm-up alone may take none.
local function updates(what, name, v, exact)
  local least = name == "warmup" and 0 or 1
  if type(v) == "number" then return tostring(util.integer(what, v, least, name)) end
  local n, unit = tostring(v):match("^%s*(%d+%.?%d*)%s*(%a+)%s*$")
  local kind = type(v) == "string" and units[unit]
  if kind and least > 0 and tonumber(n) == 0 then
    fail("%s: '%s' is \"%s\": it takes one update at least", what, name, v)
  end
  if kind == "epoch" then return (exact and "(%s * E)" or "floor(%s * E + 0.999999)"):format(n) end
  if kind == "update" and not n:find("%.") then return n end
  fail("%s: '%s' is a number of updates or \"5 epochs\", got %s", what, name, util.show(v))
end

-- the shortest decimal that reads back as x
local function literal(x)
  local text
  for digits = 1, 17 do
    text = ("%." .. digits .. "g"):format(x)
    if tonumber(text) == x then break end
  end
  return x < 0 and "(" .. text .. ")" or text
end

local function made(at, text)
  local s = setmetatable({}, Schedule)
  schedules[s] = { at = at, formula = at("t", "T"), text = text }
  return s
end

-- ---- shapes -------------------------------------------------------------------------------------
-- a schedule whose formula comes from `shape(o, t, T, warm)`; before it the warm-up, lr t / W
local function schedule(name, spec, shape)
  optim[name] = function(given)
    local what = "optim." .. name
    local all = { warmup = util.any }
    for k, v in pairs(spec) do all[k] = v end
    local o = options(what, given, all, spec.to and 2 or 1)
    number(what, o[1], 0, 1e6, "a number first,")
    local warm = o.warmup and updates(what, "warmup", o.warmup)
    local build = shape(what, o)
    local function at(t, T)
      local formula = build(t, T, warm or "0")
      return warm and ("select(%s <= %s, %s * %s / %s, %s)"):format(t, warm, literal(o[1]), t, warm,
        formula) or formula
    end
    local text = name == "constant" and ("%.6g"):format(o[1]) or ("%s %.6g"):format(name, o[1])
    if o.warmup then text = text .. ", warmup " .. tostring(o.warmup) end
    return made(at, text)
  end
end

-- how far update t is on its way after the warm-up: 0 at the first update, 1 after the last
local function progress(over, t, T, warm)
  return ("min(max((%s - 1 - %s) / %s, 0), 1)"):format(t, warm,
    over or ("(%s - %s)"):format(T, warm))
end

local function ending(what, o)
  return number(what, o[2] == nil and (o.to or 0) or o[2], 0, 1e6, "where it ends"),
    o.over and updates(what, "over", o.over)
end

about("optim.constant { 0.1, warmup = 100 }",
  "lr t / W up to update W, where the warm-up ends, then lr.")
schedule("constant", {}, function(_, o) return function() return literal(o[1]) end end)

about("optim.linear { 1e-3, 0, over = \"5 epochs\" }",
  "A line from lr to the second number: lr + (to - lr) p, where p = (t - 1 - W) / over goes from 0 "
  .. "to 1. By default over is T - W; then the last update has p = 1 - 1 / over and does not reach "
  .. "`to`.")
schedule("linear", { to = util.any, over = util.any }, function(what, o)
  local to, over = ending(what, o)
  local sign = to < o[1] and "-" or "+"
  return function(t, T, warm)
    return ("%s %s %s * %s"):format(literal(o[1]), sign, literal(math.abs(to - o[1])),
      progress(over, t, T, warm))
  end
end)

about("optim.polynomial { 1e-3, 0, power = 2, over = \"5 epochs\" }",
  "to + (lr - to) (1 - p)^power, with the line's p.")
schedule("polynomial", { to = util.any, over = util.any, power = 1 }, function(what, o)
  local to, over = ending(what, o)
  number(what, o.power, 0, 100, "power")
  return function(t, T, warm)
    return ("%s + %s * pow(1 - %s, %s)"):format(literal(to), literal(o[1] - to),
      progress(over, t, T, warm), literal(o.power))
  end
end)

about("optim.cosine { 1e-3, warmup = \"1 epoch\", floor = 1e-5 }",
  "Half a cosine wave down, floor + (lr - floor) (1 + cos(pi p)) / 2, with the line's p. After a "
  .. "warm-up the rate is lr at t = W and at t = W + 1. It reaches the floor only if over ends "
  .. "before the run.")
schedule("cosine", { over = util.any, floor = 0 }, function(what, o)
  number(what, o.floor, 0, 1e6, "floor")
  local over = o.over and updates(what, "over", o.over)
  return function(t, T, warm)
    local wave = ("%s * (1 + cos(3.141592653589793 * %s))"):format(literal((o[1] - o.floor) / 2),
      progress(over, t, T, warm))
    return o.floor > 0 and literal(o.floor) .. " + " .. wave or wave
  end
end)

-- what is left of the rate after the part p of its decay
local decays = { linear = "1 - %s", cosine = "(1 + cos(3.141592653589793 * %s)) / 2",
  sqrt = "1 - sqrt(%s)" }

about("optim.wsd { 1e-3, warmup = 100, decay = 0.2, floor = 0, shape = \"linear\" }",
  "Warm-up, stable, decay: lr, then in the last updates a way down, floor + (lr - floor) (1 - q), "
  .. "where q = (t - 1 - (T - D)) / D. D is `decay`: a part of all updates, a number of them or "
  .. "\"2 epochs\". shape = \"cosine\" and \"sqrt\" have (1 + cos(pi q)) / 2 and 1 - sqrt(q).")
schedule("wsd", { decay = util.any, floor = 0, shape = "linear" }, function(what, o)
  number(what, o.floor, 0, 1e6, "floor")
  local part = type(o.decay) == "number" and o.decay > 0 and o.decay < 1
  if o.decay == nil then
    fail("%s: 'decay' is missing: decay = 0.2 is the last fifth of all updates", what)
  end
  if not decays[o.shape] then
    fail("%s: shape is \"linear\", \"cosine\" or \"sqrt\", got %s%s", what, util.show(o.shape),
      util.near(o.shape, decays))
  end
  local length = part and literal(o.decay) or updates(what, "decay", o.decay)
  return function(t, T)
    local D = part and ("max(floor(%s * %s + 0.5), 1)"):format(length, T) or length
    local left = decays[o.shape]:format(("min(max((%s - 1 - (%s - %s)) / %s, 0), 1)"):format(t, T,
      D, D))
    return ("%s + %s * (%s)"):format(literal(o.floor), literal(o[1] - o.floor), left)
  end
end)

about("optim.plateau { 1e-3, factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor "
  .. "= 0 }",
  "lr, multiplied by `factor` after more than `patience` validations in a row that did not improve "
  .. "`best` by the part `threshold`. The next `cooldown` validations do not count. It never goes "
  .. "below floor. PyTorch's ReduceLROnPlateau. It is the lr of an optimizer, no part of another "
  .. "schedule.")
schedule("plateau", { factor = 0.1, patience = 10, threshold = 1e-4, cooldown = 0, floor = 0 },
  function(what, o)
  if number(what, o.factor, 0, 1, "factor") == 1 then
    fail("%s: factor = 1 would reduce nothing; it is below 1", what)
  end
  util.integer(what, o.patience, 0, "patience, in validations,")
  util.integer(what, o.cooldown, 0, "cooldown, in validations,")
  number(what, o.threshold, 0, 1, "threshold, a part of the best value,")
  number(what, o.floor, 0, o[1], "floor")
  return function() return literal(o[1]) end
end)
local constant = optim.plateau
function optim.plateau(given)
  local s = constant(given)
  local o = options("optim.plateau", given, { warmup = util.any, factor = 0.1, patience = 10,
    threshold = 1e-4, cooldown = 0, floor = 0 }, 1)
  schedules[s].plateau = { factor = o.factor, patience = o.patience, improvement = o.threshold,
    cooldown = o.cooldown, least = o[1] > 0 and o.floor / o[1] or 0 }
  schedules[s].text = ("at most %s, times %.6g on a plateau, floor %.6g"):format(
    schedules[s].text:gsub("^plateau ", ""), o.factor, o.floor)
  return s
end

-- A plateau's factor is known when the program runs, so formulas cannot have it.
local function alone(what, s)
  if s.plateau then
    fail("%s: optim.plateau is the lr of an optimizer by itself; warmup = \"1 epoch\" may stand "
      .. "in it", what)
  end
  return s
end

local function every(what, o, by)
  if o.every == nil then fail("%s: 'every' is missing: every = \"%s\"", what, by) end
  number(what, o.by, 0, 1e6, "by")
  return updates(what, "every", o.every, true)
end

about("optim.step { 0.1, every = \"10 epochs\", by = 0.1 }",
  "lr by^floor((t - 1) / every): multiplied by `by` at each interval, counted from update 1, with "
  .. "or without a warm-up.")
schedule("step", { every = util.any, by = 0.1 }, function(what, o)
  local n = every(what, o, "10 epochs")
  return function(t)
    return ("%s * pow(%s, floor((%s - 1) / %s))"):format(literal(o[1]), literal(o.by), t, n)
  end
end)

about("optim.exponential { 0.1, every = \"1 epoch\", by = 0.9 }",
  "lr by^((t - 1) / every): multiplied by `by` over each interval, a little at each update, "
  .. "counted from update 1.")
schedule("exponential", { every = util.any, by = 0.1 }, function(what, o)
  local n = every(what, o, "1 epoch")
  return function(t)
    return ("%s * pow(%s, (%s - 1) / %s)"):format(literal(o[1]), literal(o.by), t, n)
  end
end)

about("optim.one_cycle { 0.1, up = 0.3, div = 25, final_div = 1e4 }",
  "Half a wave up from lr / div over the part `up` of the updates, then half a wave down to lr / "
  .. "div / final_div: PyTorch's OneCycleLR.")
-- PyTorch's OneCycleLR: half a wave up to the value over `up` of the updates, half a wave down
schedule("one_cycle", { up = 0.3, div = 25, final_div = 1e4 }, function(what, o)
  number(what, o.up, 0, 1, "up, a part of the updates,")
  number(what, o.div, 1e-6, 1e9, "div")
  number(what, o.final_div, 1e-6, 1e9, "final_div")
  if o.warmup then
    fail("%s: it has a warm-up of its own: up = 0.3 is its part of the updates", what)
  end
  local function wave(from, to, way)
    return ("%s + %s * (1 + cos(3.141592653589793 * %s))"):format(literal(to),
      literal((from - to) / 2), way)
  end
  local first = o[1] / o.div
  return function(t, T)
    local top = ("(%s * %s - 1)"):format(literal(o.up), T)
    return ("select(%s - 1 <= %s, %s, %s)"):format(t, top,
      wave(first, o[1], ("((%s - 1) / max(%s, 1e-9))"):format(t, top)),
      wave(o[1], first / o.final_div, ("((%s - 1 - %s) / (%s - 1 - %s))"):format(t, top, T, top)))
  end
end)

-- ---- made of others -----------------------------------------------------------------------------
local function taken(what, v)
  if schedules[v] then return alone(what, schedules[v]) end
  number(what, v, -1e6, 1e6, "a schedule or a number")
  return { at = function() return literal(v) end, text = ("%.6g"):format(v) }
end

about("optim.warmup { 0.1, over = \"1 epoch\" }",
  "A warm-up before another schedule: t / W of its first value, then the schedule; update W + 1 is "
  .. "its update 1.")
function optim.warmup(given)
  local what = "optim.warmup"
  local o = options(what, given, { over = util.any }, 1)
  if o.over == nil then
    fail("%s: 'over' is missing: optim.warmup { lr, over = \"1 epoch\" }", what)
  end
  local s, n = taken(what, o[1]), updates(what, "over", o.over)
  return made(function(t, T)
    local rest = ("(%s - %s)"):format(T, n)
    return ("select(%s <= %s, (%s) * %s / %s, %s)"):format(t, n, s.at("1", rest), t, n,
      s.at(("(%s - %s)"):format(t, n), rest))
  end, ("%s, warmup %s"):format(s.text, tostring(o.over)))
end

about("optim.sequence { { 0.1, \"10 epochs\" }, 0.01 }",
  "Schedules or numbers in sequence, each from its own update 1; the last one lasts to the end of "
  .. "the run.")
-- each part begins at its own update 1 and has the updates that stand after it; the last has what
-- is left
function optim.sequence(list)
  local what = "optim.sequence"
  if type(list) ~= "table" or getmetatable(list) or #list < 2 then
    fail("%s: write the parts in a table: optim.sequence { { 0.1, \"10 epochs\" }, optim.cosine { "
      .. "0.1 } }", what)
  end
  local parts, texts = {}, {}
  for i, v in ipairs(list) do
    local timed = type(v) == "table" and not getmetatable(v)
    if timed == (i == #list) then
      fail("%s: part %d: %s", what, i,
        timed and "the last part lasts to the end of the run; leave out its length"
        or "state its length: { part, \"10 epochs\" }")
    end
    parts[i] = { s = taken(what, timed and v[1] or v), n = timed
      and updates(what, "how long", v[2]) }
    texts[i] = parts[i].s.text .. (timed and " for " .. tostring(v[2]) or "")
  end
  return made(function(t, T)
    local heads, from = {}, nil
    for i, p in ipairs(parts) do
      local here = from and ("(%s - %s)"):format(t, from) or t
      local rest = from and ("(%s - %s)"):format(T, from) or T
      local formula = p.s.at(here, p.n or rest)
      heads[i] = p.n and ("select(%s <= %s, %s, "):format(here, p.n, formula)
        or formula .. (")"):rep(i - 1)
      if p.n then from = from and ("(%s + %s)"):format(from, p.n) or p.n end
    end
    return table.concat(heads)
  end, table.concat(texts, ", then "))
end

-- a schedule meets numbers and schedules, and is then one; or a tensor, and is then a number of the
-- window
local function combined(sign, name)
  return function(a, b)
    if core.is_tensor(a) or core.is_tensor(b) then
      return util.calling(sign, op.call[name], op.tensor(sign, a), op.tensor(sign, b))
    end
    local x, y = taken(sign, a), taken(sign, b)
    return made(function(t, T) return ("((%s) %s (%s))"):format(x.at(t, T), sign, y.at(t, T)) end,
      ("%s %s %s"):format(x.text, sign, y.text))
  end
end
for meta, of in pairs { __mul = { "*", "mul" }, __add = { "+", "add" }, __sub = { "-", "sub" },
  __div = { "/", "div" } } do
  Schedule[meta] = combined(of[1], of[2])
end
function Schedule.__unm(s) return 0 - s end
function Schedule.__pow() fail("^: a schedule takes + - * / alone") end

function Schedule.tensor(s)
  local x = alone("a factor of a loss", schedules[s])
  if not x.node then x.node = core.schedule(x.formula) end
  return x.node
end

return { open = optim, schedules = schedules, literal = literal }

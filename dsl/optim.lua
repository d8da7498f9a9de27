-- optim.lua -- optimizers as formulas, learning rates as formulas of the update.
-- Formulas of an element: p, g (unscaled, normalised, clipped), the states, the scalars, rate. States are computed in
-- order, then p; each sees the new values of those before it. Formulas of an update, in double: t = 1 .. T, E updates
-- an epoch, lr.
local core = ...
local util = core.use("dsl/util.lua")
local fail, options, number = util.fail, util.options, util.number
local optim, recipes, schedules = {}, {}, {}

-- ---- learning rates -----------------------------------------------------------------------------
local units = { epoch = "epoch", epochs = "epoch", update = "update", updates = "update", step = "update", steps = "update" }

-- updates that v stands for, as a formula: 700, "700 updates", "5 epochs"
local function updates(what, name, v)
  if type(v) == "number" then return tostring(util.integer(what, v, 0, name)) end
  local n, unit = tostring(v):match("^%s*(%d+%.?%d*)%s*(%a+)%s*$")
  local kind = type(v) == "string" and units[unit]
  if kind == "epoch" then return ("(%s * E)"):format(n) end
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

-- a schedule whose formula comes from `shape(o, progress)`; before it the warm-up, lr t / W
local function schedule(name, spec, shape)
  optim[name] = function(given)
    local what = "optim." .. name
    local all = { warmup = util.any }
    for k, v in pairs(spec) do all[k] = v end
    local o = options(what, given, all, name == "linear" and 2 or 1)
    number(what, o[1], 0, 1e6, "a learning rate first,")
    local warm = o.warmup and updates(what, "warmup", o.warmup)
    local formula = shape(what, o, warm or "0")
    if warm then
      formula = ("select(t <= %s, %s * t / %s, %s)"):format(warm, literal(o[1]), warm, formula)
    end
    local text = name == "constant" and ("%.6g"):format(o[1]) or ("%s %.6g"):format(name, o[1])
    if o.warmup then text = text .. ", warmup " .. tostring(o.warmup) end
    local s = setmetatable({}, { __name = "schedule" })
    schedules[s] = { formula = formula, text = text }
    return s
  end
end

-- how far update t is on its way behind the warm-up: 0 at the first update, 1 behind the last
local function progress(what, o, warm)
  local over = o.over and updates(what, "over", o.over) or ("(T - %s)"):format(warm)
  return ("min(max((t - 1 - %s) / %s, 0), 1)"):format(warm, over)
end

schedule("constant", {}, function(_, o) return literal(o[1]) end)

schedule("linear", { over = util.any }, function(what, o, warm)
  local to = number(what, o[2] == nil and 0 or o[2], 0, 1e6, "where it ends")
  local sign = to < o[1] and "-" or "+"
  return ("%s %s %s * %s"):format(literal(o[1]), sign, literal(math.abs(to - o[1])), progress(what, o, warm))
end)

schedule("cosine", { over = util.any, floor = 0 }, function(what, o, warm)
  number(what, o.floor, 0, 1e6, "floor")
  local wave = ("%s * (1 + cos(3.141592653589793 * %s))"):format(literal((o[1] - o.floor) / 2), progress(what, o, warm))
  return o.floor > 0 and literal(o.floor) .. " + " .. wave or wave
end)

schedule("step", { every = util.any, by = 0.1 }, function(what, o)
  if o.every == nil then fail("%s: 'every' is missing: every = \"10 epochs\"", what) end
  number(what, o.by, 0, 1e6, "by")
  return ("%s * pow(%s, floor((t - 1) / %s))"):format(literal(o[1]), literal(o.by),
    updates(what, "every", o.every))
end)

local function learning_rate(what, lr)
  if schedules[lr] then return schedules[lr] end
  number(what, lr, 0, 1e6, "lr, a number or a schedule such as optim.cosine { 0.1 },")
  return { formula = literal(lr), text = ("%.6g"):format(lr) }
end

-- ---- optimizers ---------------------------------------------------------------------------------
local function recipe(name, doc, spec, build)
  optim[name] = function(given)
    local what = "optim." .. name
    local all = { lr = util.any, clip = 0 }
    for k, v in pairs(spec) do all[k] = v end
    local o = options(what, given, all)
    local r = build(what, o)
    local lr = learning_rate(what, o.lr == nil and 1e-3 or o.lr)
    r.name, r.doc, r.place = name, doc, core.place()
    r.lr, r.lr_text, r.clip = lr.formula, lr.text, number(what, o.clip, 0, 1e30, "clip, the largest norm,")
    for _, k in ipairs { "states", "lets", "scalars", "hyper" } do r[k] = r[k] or {} end
    local s = setmetatable({}, { __name = "optimizer" })
    recipes[s] = r
    return s
  end
end

-- PyTorch's SGD: weight decay is added to the gradient; the buffer's first value is the gradient itself
recipe("SGD", "m = momentum * m + g; p = p - lr * m", { momentum = 0, dampening = 0, weight_decay = 0,
  nesterov = false }, function(what, o)
  number(what, o.momentum, 0, 1e6, "momentum")
  number(what, o.dampening, -1e6, 1e6, "dampening")
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  if o.nesterov and (o.momentum == 0 or o.dampening ~= 0) then
    fail("%s: nesterov needs momentum and no dampening", what)
  end
  local r = { hyper = { momentum = o.momentum, decay = o.weight_decay, dampening = o.dampening },
    step = "p - rate * d" }
  r.lets = { { "d", o.weight_decay > 0 and "g + decay * p" or "g" } }
  if o.momentum > 0 then
    r.states = { { "m", o.dampening == 0 and "momentum * m + d" or "momentum * m + fresh * d" } }
    r.step = o.nesterov and "p - rate * (d + momentum * m)" or "p - rate * m"
    if o.dampening ~= 0 then r.scalars = { { "fresh", "select(t <= 1, 1, 1 - dampening)" } } end
  end
  return r
end)

local function betas(what, v)
  if type(v) ~= "table" or #v ~= 2 then fail("%s: betas are two numbers, { 0.9, 0.999 }", what) end
  for i = 1, 2 do
    number(what, v[i], 0, 1, "a beta")
    if v[i] == 1 then fail("%s: a beta is below 1", what) end
  end
  return v[1], v[2]
end

-- bias corrections and complements are computed in double
local function adam(what, o)
  local b1, b2 = betas(what, o.betas or { 0.9, 0.999 })
  number(what, o.eps, 0, 1, "eps")
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  return { hyper = { beta1 = b1, beta2 = b2, eps = o.eps, decay = o.weight_decay },
    states = { { "m", "beta1 * m + (1 - beta1) * d" }, { "v", "beta2 * v + (1 - beta2) * d * d" } },
    scalars = { { "c1", "1 / (1 - pow(beta1, t))" }, { "c2", "1 / sqrt(1 - pow(beta2, t))" } } }
end

recipe("Adam", "m, v: running means of g and g^2; p = p - lr * m / (sqrt(v) + eps), bias corrected",
  { betas = util.any, eps = 1e-8, weight_decay = 0 }, function(what, o)
  local r = adam(what, o)
  r.lets = { { "d", o.weight_decay > 0 and "g + decay * p" or "g" } }
  r.step = "p - rate * c1 * m / (sqrt(v) * c2 + eps)"
  return r
end)

recipe("AdamW", "Adam whose weight decay shrinks p itself: p = (1 - lr * weight_decay) * p before the step",
  { betas = util.any, eps = 1e-8, weight_decay = 0.01 }, function(what, o)
  local r = adam(what, o)
  r.lets = { { "d", "g" } }
  r.step = o.weight_decay > 0 and "p * shrink - rate * c1 * m / (sqrt(v) * c2 + eps)"
    or "p - rate * c1 * m / (sqrt(v) * c2 + eps)"
  if o.weight_decay > 0 then r.scalars[3] = { "shrink", "1 - lr * decay" } end
  return r
end)

-- what other systems call it
local others = {
  CosineAnnealingLR = "optim.cosine", StepLR = "optim.step", LinearLR = "optim.linear",
  ConstantLR = "optim.constant", OneCycleLR = "optim.cosine { 0.1, warmup = \"1 epoch\" }",
  step_decay = "optim.step" }

return { public = util.namespace("optim", optim, others), recipes = recipes }

-- optim.lua -- optimizers as formulas, learning rates as formulas of the update.
-- Formulas of an element: p, g (unscaled, normalised, clipped), the states, the scalars, rate.
-- States are computed in order, then p; each sees the new values of those before it. Formulas of an
-- update, in double: t = 1 .. T, E updates an epoch, lr.
local core = ...
local util, schedule = core.use("dsl/util.lua"), core.use("dsl/schedule.lua")
local say = core.use("dsl/doc.lua").section "optimizers"
local fail, options, number = util.fail, util.options, util.number
local optim, recipes, schedules = {}, {}, schedule.schedules
for _, name in ipairs(util.sorted(schedule.open)) do optim[name] = schedule.open[name] end

-- ---- the effective batch ------------------------------------------------------------------------
local function check_scale(what, v)
  if v == nil then return end
  local o = options(what .. ": scale", v, { from = util.any, beta2 = "as it is" }, 1)
  if o[1] ~= "linear" and o[1] ~= "sqrt" then
    fail("%s: scale = { \"linear\", from = 256 } or { \"sqrt\", from = 256 }, got %s", what,
      util.show(o[1]))
  end
  if o.from == nil then
    fail("%s: scale: from is the batch that lr is for: scale = { \"%s\", from = 256 }", what, o[1])
  end
  util.integer(what, o.from, 1, "from, the batch that lr is for,")
  if o.beta2 ~= "as it is" and o.beta2 ~= "half_life" then
    fail("%s: scale: beta2 = \"half_life\" keeps its half-life in samples; got %s", what,
      util.show(o.beta2))
  end
  return o
end

-- what is forgotten by half in so much: a beta, once the batch is known
local halves = {}
local half_units = { sample = "samples", samples = "samples", token = "tokens", tokens = "tokens",
  update = "updates", updates = "updates" }

say("optim.half_life \"10000 samples\"",
  "A beta stated as a half-life, betas = { 0.9, optim.half_life \"10000 samples\" }: 2^(-batch / "
  .. "10000). A moment then forgets half in that many samples, updates or tokens, for any batch.")
function optim.half_life(v)
  local n, unit = tostring(v):match "^(%d+%.?%d*) (%a+)$"
  local known = type(v) == "string" and half_units[unit]
  n = tonumber(n)
  if not known or n <= 0 then
    fail("optim.half_life: expected \"10000 samples\", \"500 updates\" or \"1000000 tokens\", got "
      .. "%s; the updates of an epoch are known only when the data are read", util.show(v))
  end
  local h = setmetatable({}, { __name = "half-life" })
  halves[h] = { n = n, unit = known, text = v }
  return h
end

-- that beta in windows of these samples
local function beta_of(what, h, window, place)
  local each = ({ updates = 1, samples = window.batch, tokens = window.tokens
    and window.batch * window.tokens })[h.unit]
  local why = not each and "the tokens of a row are missing: write tokens = 128 in train"
    or window.varies and h.unit ~= "updates"
    and "accumulate is a schedule, so windows differ in samples; write the half-life in updates"
  if why then core.fail(("%s: a half-life of %s: %s"):format(what, h.text, why), place) end
  return 2 ^ (-each / h.n)
end

-- Betas that a half-life states, as numbers; r is a copy.
local function settle(r, window)
  for _, k in ipairs(util.sorted(r.hyper)) do
    local h = halves[r.hyper[k]]
    if h then
      r.hyper[k] = beta_of("optim." .. r.name, h, window, r.place)
      r.lr_text = r.lr_text .. (", %s %.7g, a half-life of %s in windows of %d"):format(k,
        r.hyper[k], h.text, window.batch)
    end
  end
end

-- The recipe for windows of so many samples: a lr for `from` of them grows with the quotient or its
-- root, and beta2 to the power of the quotient forgets as much in as many samples.
local function scaled(recipe, window)
  local o = check_scale("optim." .. recipe.name, recipe.options.scale)
  local r, hyper = {}, {}
  for k, v in pairs(recipe) do r[k] = v end
  for k, v in pairs(recipe.hyper) do hyper[k] = v end
  r.hyper, r.window = hyper, window
  if o and o.beta2 == "half_life" and halves[hyper.beta2] then
    fail("optim.%s: scale: betas state beta2's half-life already; leave out beta2 = \"half_life\"",
      recipe.name)
  end
  settle(r, window)
  if not o then return r end
  if window.varies then
    fail("optim.%s: scale: accumulate is a schedule, so there are several batches; write the rate "
      .. "of each part, lr = optim.sequence { ... }", recipe.name)
  end
  local batch, times = window.batch, window.batch / o.from
  local factor = o[1] == "linear" and times or math.sqrt(times)
  r.lr = ("%s * (%s)"):format(schedule.literal(factor), recipe.lr)
  r.lr_text = ("%s times %.7g, the %s rule for batch %d from %d"):format(r.lr_text, factor, o[1],
    batch, o.from)
  if o.beta2 == "half_life" then
    if not hyper.beta2 then fail("optim.%s: scale: it has no beta2", recipe.name) end
    hyper.beta2 = hyper.beta2 ^ times
    r.lr_text = r.lr_text .. (", beta2 %.7g"):format(hyper.beta2)
  end
  return r
end

local function learning_rate(what, lr)
  if schedules[lr] then return schedules[lr] end
  number(what, lr, 0, 1e6, "lr, a number or a schedule such as optim.cosine { 0.1 },")
  return { formula = schedule.literal(lr), text = ("%.6g"):format(lr) }
end

-- ---- optimizers ---------------------------------------------------------------------------------
local function clip_of(what, v)
  if v == nil then return 0 end
  if v == 0 then
    fail("%s: clip = 0 would remove every gradient; leave clip out to clip nothing", what)
  end
  return number(what, v, 1e-30, 1e30, "clip, the largest norm of the gradient,")
end

-- what a running sum or mean keeps at each update
local function kept(what, o, name)
  number(what, o[name], 0, 1, name .. ", the part that is kept at each update,")
  if o[name] == 1 then fail("%s: %s = 1 would forget nothing; it is below 1", what, name) end
end

-- `rate`: PyTorch's lr where it is not 1e-3. A recipe's `options` are all of its options, `spec`
-- their defaults, and with(what, options) is the recipe of the same optimizer with those.
local function recipe(name, doc, spec, build, rate)
  local all = { lr = util.any, clip = util.any, scale = util.any }
  for k, v in pairs(spec) do all[k] = v end
  local function make(what, o)
    local r = build(what, o)
    check_scale(what, o.scale)
    local lr = learning_rate(what, o.lr == nil and (rate or 1e-3) or o.lr)
    r.name, r.doc, r.options, r.spec, r.with = name, doc, o, all, make
    r.lr, r.lr_text, r.clip = lr.formula, lr.text, clip_of(what, o.clip)
    r.plateau = lr.plateau
    for _, k in ipairs { "states", "lets", "scalars", "hyper", "fold" } do r[k] = r[k] or {} end
    return r
  end
  local sealed = util.sealed("optimizer",
    "its options are stated where it is made, optim.SGD { lr = 0.1 }")
  optim[name] = function(given)
    local what = "optim." .. name
    local s = setmetatable({}, sealed)
    recipes[s] = make(what, options(what, given, all))
    recipes[s].place = core.place()
    return s
  end
end

-- SGD whose gradients are added to momentum * m, where the update before has left it: there is no
-- array for gradients.
local function ahead(what, o, r)
  if o.accumulate_in ~= "momentum" then
    fail("%s: accumulate_in is \"gradient\" or \"momentum\", got %s", what,
      util.show(o.accumulate_in))
  end
  if o.momentum == 0 then fail("%s: accumulate_in = \"momentum\" needs momentum above 0", what) end
  if o.nesterov or o.dampening ~= 0 or o.clip then
    fail("%s: accumulate_in = \"momentum\" keeps no separate gradient; leave out %s", what,
      o.nesterov and "nesterov" or o.dampening ~= 0 and "dampening" or "clip")
  end
  r.states, r.step, r.in_place = { { "ahead", "momentum * d" } }, "p - rate * d", true
  return r
end

-- PyTorch's SGD: weight decay is added to the gradient; the buffer's first value is the gradient
-- itself
say("optim.SGD { lr = 1e-3, momentum = 0, dampening = 0, weight_decay = 0, nesterov = false, "
  .. "accumulate_in = \"gradient\" }",
  "Keeps no number for a parameter, or 1 with momentum. accumulate_in = \"momentum\" keeps that "
  .. "number in place of a gradient.")
recipe("SGD", "m = momentum * m + g; p = p - lr * m", { momentum = 0, dampening = 0,
  weight_decay = 0,
  nesterov = false, accumulate_in = "gradient" }, function(what, o)
  kept(what, o, "momentum")
  number(what, o.dampening, 0, 1, "dampening")
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
  return o.accumulate_in == "gradient" and r or ahead(what, o, r)
end)

local function betas(what, v)
  if type(v) ~= "table" or #v ~= 2 then fail("%s: betas are two numbers, { 0.9, 0.999 }", what) end
  for i = 1, 2 do
    if not halves[v[i]] then
      number(what, v[i], 0, 1, "a beta, or optim.half_life \"10000 samples\",")
    end
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

-- Adam whose moments take the gradient of each micro-batch (arXiv 2305.19982): there is no array
-- for gradients. m and v lie as the next window finds them, decayed.
local function folded(what, o, r)
  if o.accumulate_in == "gradient" then return r end
  if o.accumulate_in ~= "moments" then
    fail("%s: accumulate_in is \"gradient\" or \"moments\", got %s", what,
      util.show(o.accumulate_in))
  end
  if o.clip or o.amsgrad then
    fail("%s: accumulate_in = \"moments\" keeps no gradient of the window; leave out %s", what,
      o.amsgrad and "amsgrad" or "clip")
  end
  if r.lets[1][2] ~= "g" then
    fail("%s: accumulate_in = \"moments\": weight_decay would count once for each micro-batch; "
      .. "optim.AdamW applies it to the weight", what)
  end
  r.fold = { { "m", "m + (1 - beta1) * g" }, { "v", "v + (1 - beta2) * g * g" } }
  r.lets, r.states, r.in_place = {}, { { "m", "beta1 * m" }, { "v", "beta2 * v" } }, true
  r.title = what:match("%w+$") .. " that accumulates in its moments (AdamA), not equivalent to Adam"
  return r
end

-- the gradient with weight decay as a part of it
local function decayed(o) return { { "d", o.weight_decay > 0 and "g + decay * p" or "g" } } end

-- what v is divided by, or its largest value so far
local function root_of(r, o)
  if not o.amsgrad then return "sqrt(v)" end
  r.states[#r.states + 1] = { "top", "max(top, v)" }
  return "sqrt(top)"
end

say("optim.Adam { lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0, amsgrad = "
  .. "false, accumulate_in = \"gradient\" }",
  "Keeps 2 numbers, or 3 with amsgrad. Weight decay is added to the gradient. accumulate_in = "
  .. "\"moments\" keeps no gradient and is another optimizer (AdamA).")
recipe("Adam", "m, v: running means of g and g^2; p = p - lr * m / (sqrt(v) + eps), bias corrected",
  { betas = util.any, eps = 1e-8, weight_decay = 0, amsgrad = false, accumulate_in = "gradient" },
  function(what, o)
  local r = adam(what, o)
  r.lets = decayed(o)
  r.step = ("p - rate * c1 * m / (%s * c2 + eps)"):format(root_of(r, o))
  return folded(what, o, r)
end)

-- p before the step of an optimizer whose weight decay shrinks p itself
local function shrunk(r, o)
  r.lets = { { "d", "g" } }
  if o.weight_decay == 0 then return "p" end
  r.scalars[#r.scalars + 1] = { "shrink", "1 - lr * decay" }
  return "p * shrink"
end

say("optim.AdamW { lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0.01, amsgrad = "
  .. "false, accumulate_in = \"gradient\" }",
  "Keeps 2 numbers, or 3 with amsgrad. Weight decay shrinks the weight itself. accumulate_in = "
  .. "\"moments\" as in optim.Adam.")
recipe("AdamW",
  "Adam whose weight decay shrinks p itself: p = (1 - lr * weight_decay) * p before the step",
  { betas = util.any, eps = 1e-8, weight_decay = 0.01, amsgrad = false,
  accumulate_in = "gradient" }, function(what, o)
  local r = adam(what, o)
  r.step = ("%s - rate * c1 * m / (%s * c2 + eps)"):format(shrunk(r, o), root_of(r, o))
  return folded(what, o, r)
end)

-- The product of all mu so far is kept as 1 - product, so that it starts at 0.
say("optim.NAdam { lr = 2e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0, momentum_decay "
  .. "= 4e-3 }",
  "Adam with Nesterov's look ahead; keeps 3 numbers.")
recipe("NAdam",
  "Adam with Nesterov's look ahead: the step takes m as it will be at the next update",
  { betas = util.any, eps = 1e-8, weight_decay = 0, momentum_decay = 4e-3,
  decoupled_weight_decay = false },
  function(what, o)
  local r = adam(what, o)
  r.hyper.fade = number(what, o.momentum_decay, 0, 1e6, "momentum_decay")
  r.scalars = { { "mu", "beta1 * (1 - 0.5 * pow(0.96, t * fade))" },
    { "next", "beta1 * (1 - 0.5 * pow(0.96, (t + 1) * fade))" }, r.scalars[2] }
  r.states[3] = { "q", "1 - (1 - q) * mu" }
  r.lets = decayed(o)
  local from = o.decoupled_weight_decay and shrunk(r, o) or "p"
  r.step = from .. " - rate * ((1 - mu) / q * d + next / (1 - (1 - q) * next) * m) / (sqrt(v) * c2 "
    .. "+ eps)"
  return r
end, 2e-3)

say("optim.RAdam { lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0 }",
  "Adam with a rectified start; keeps 2 numbers.")
recipe("RAdam",
  "Adam without its denominator until v is a mean of enough updates, and rectified from then on",
  { betas = util.any, eps = 1e-8, weight_decay = 0, decoupled_weight_decay = false },
  function(what, o)
  local r = adam(what, o)
  local most = "(2 / (1 - beta2) - 1)"
  local rho = ("(%s - 2 * t * pow(beta2, t) / (1 - pow(beta2, t)))"):format(most)
  r.scalars = { r.scalars[1],
    { "rect",
    (("select(R > 5, sqrt((R - 4) * (R - 2) * M / ((M - 4) * (M - 2) * R) * (1 - pow(beta2, t))), "
    .. "0)"):gsub("[RM]", { R = rho, M = most })) } }
  r.lets = decayed(o)
  local from = o.decoupled_weight_decay and shrunk(r, o) or "p"
  r.step = from .. " - rate * c1 * m * select(rect > 0, rect / (sqrt(v) + eps), 1)"
  return r
end)

say("optim.Adamax { lr = 2e-3, betas = { 0.9, 0.999 }, eps = 1e-8, weight_decay = 0 }",
  "Adam by the largest gradient so far; keeps 2 numbers.")
recipe("Adamax",
  "Adam with the largest gradient so far in place of v: u = max(beta2 * u, abs(g) + eps)",
  { betas = util.any, eps = 1e-8, weight_decay = 0 }, function(what, o)
  local r = adam(what, o)
  r.states[2] = { "u", "max(beta2 * u, abs(d) + eps)" }
  r.scalars = { r.scalars[1] }
  r.lets = decayed(o)
  r.step = "p - rate * c1 * m / u"
  return r
end, 2e-3)

say("optim.RMSprop { lr = 1e-2, alpha = 0.99, eps = 1e-8, weight_decay = 0, momentum = 0, centered "
  .. "= false }",
  "Keeps 1 to 3 numbers.")
recipe("RMSprop", "v: a running mean of g^2; p = p - lr * g / (sqrt(v) + eps)",
  { alpha = 0.99, eps = 1e-8, weight_decay = 0, momentum = 0, centered = false }, function(what, o)
  kept(what, o, "alpha")
  number(what, o.eps, 0, 1, "eps")
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  kept(what, o, "momentum")
  local r = { hyper = { alpha = o.alpha, eps = o.eps, decay = o.weight_decay,
    momentum = o.momentum }, lets = decayed(o),
    states = { { "v", "alpha * v + (1 - alpha) * d * d" } } }
  if o.centered then r.states[2] = { "a", "a + (1 - alpha) * (d - a)" } end
  local step = ("d / (%s + eps)"):format(o.centered and "sqrt(v - a * a)" or "sqrt(v)")
  if o.momentum > 0 then
    r.states[#r.states + 1] = { "m", "momentum * m + " .. step }
    step = "m"
  end
  r.step = "p - rate * " .. step
  return r
end, 1e-2)

say("optim.Adagrad { lr = 1e-2, lr_decay = 0, eps = 1e-10, weight_decay = 0, "
  .. "initial_accumulator_value = 0 }",
  "Keeps 1 number.")
recipe("Adagrad", "v: the sum of g^2; p = p - lr / (1 + (t - 1) * lr_decay) * g / (sqrt(v) + eps)",
  { lr_decay = 0, eps = 1e-10, weight_decay = 0, initial_accumulator_value = 0 }, function(what, o)
  number(what, o.lr_decay, 0, 1e6, "lr_decay")
  number(what, o.eps, 0, 1, "eps")
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  number(what, o.initial_accumulator_value, 0, 1e30, "initial_accumulator_value")
  return { hyper = { fall = o.lr_decay, eps = o.eps, decay = o.weight_decay,
    first = o.initial_accumulator_value },
    lets = decayed(o), states = { { "v", "v + start + d * d" } },
    scalars = { { "start", "select(t <= 1, first, 0)" }, { "slow", "lr / (1 + (t - 1) * fall)" } },
    step = "p - slow * d / (sqrt(v) + eps)" }
end, 1e-2)

-- The step needs u as it was: u now = rho * u + (1 - rho) * (u + eps) * r, where r = d^2 / (v +
-- eps), says what that was.
say("optim.Adadelta { lr = 1, rho = 0.9, eps = 1e-6, weight_decay = 0 }", "Keeps 2 numbers.")
recipe("Adadelta",
  "steps as large as the last ones: u, v are running means of the steps' squares and of g^2",
  { rho = 0.9, eps = 1e-6, weight_decay = 0 }, function(what, o)
  kept(what, o, "rho")
  number(what, o.eps, 1e-30, 1, "eps")
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  local r = "d * d / (v + eps)"
  return { hyper = { rho = o.rho, eps = o.eps, decay = o.weight_decay }, lets = decayed(o),
    states = { { "v", "rho * v + (1 - rho) * d * d" },
      { "u", ("rho * u + (1 - rho) * (u + eps) * (%s)"):format(r) } },
    step = ("p - rate * d * sqrt(((u - (1 - rho) * eps * (R)) / (rho + (1 - rho) * (R)) + eps) / "
      .. "(v + eps))")
      :gsub("R", { R = r }) }
end, 1)

-- The paper's beta1 * m + (1 - beta1) * g with m as it was, said by m as it is.
say("optim.Lion { lr = 1e-4, betas = { 0.9, 0.99 }, weight_decay = 0 }",
  "Lion as in its paper; keeps 1 number.")
recipe("Lion", "p = p - lr * sign(beta1 * m + (1 - beta1) * g); m: a running mean of g by beta2",
  { betas = util.any, weight_decay = 0 }, function(what, o)
  local b1, b2 = betas(what, o.betas or { 0.9, 0.99 })
  if b2 == 0 then fail("%s: the second beta is above 0", what) end
  number(what, o.weight_decay, 0, 1e6, "weight_decay")
  local r = { hyper = { beta1 = b1, beta2 = b2, decay = o.weight_decay }, scalars = {},
    states = { { "m", "beta2 * m + (1 - beta2) * d" } } }
  r.step = shrunk(r, o) .. " - rate * sign(beta1 / beta2 * m + (1 - beta1 / beta2) * d)"
  return r
end, 1e-4)

-- arXiv 1904.00962, algorithm 2 with phi(z) = z and bias correction: the step of a tensor is as
-- long as lr times the tensor.
say("optim.LAMB { lr = 1e-3, betas = { 0.9, 0.999 }, eps = 1e-6, weight_decay = 0.01, adapt = true "
  .. "}",
  "AdamW whose step has lr times the length of the tensor; keeps 2 numbers. `adapt = false`, for "
  .. "example in a rule for biases, switches this off.")
recipe("LAMB", "u = m / (sqrt(v) + eps) + weight_decay * p, bias corrected; p = p - lr * length(p) "
  .. "/ length(u) * u, tensor by tensor",
  { betas = util.any, eps = 1e-6, weight_decay = 0.01, adapt = true }, function(what, o)
  local r = adam(what, o)
  r.lets = { { "d", "g" } }
  local u = "c1 * m / (sqrt(v) * c2 + eps)" .. (o.weight_decay > 0 and " + decay * p" or "")
  if o.adapt then r.direction = u end
  r.step = ("p - rate * %s(%s)"):format(o.adapt and "trust * " or "", u)
  return r
end)

-- what other systems call it
local others = {
  CosineAnnealingLR = "optim.cosine", StepLR = "optim.step", LinearLR = "optim.linear",
  ConstantLR = "optim.constant", OneCycleLR = "optim.one_cycle",
  ExponentialLR = "optim.exponential", PolynomialLR = "optim.polynomial",
  SequentialLR = "optim.sequence",
  ChainedScheduler = "write a product of schedules",
  ReduceLROnPlateau = "optim.plateau", WarmupStableDecayLR = "optim.wsd",
  LambdaLR = "write a schedule, a sum or a product of some",
  MultiStepLR = "optim.sequence { { 0.1, \"30 epochs\" }, 0.01 }", step_decay = "optim.step",
  Adafactor = "optim.AdamW", LBFGS = "optim.Adam", Rprop = "optim.RMSprop",
  ASGD = "optim.SGD", SparseAdam = "optim.Adam" }

return { open = optim, public = util.namespace("optim", optim, others), recipes = recipes,
  schedules = schedules, halves = halves, scaled = scaled }

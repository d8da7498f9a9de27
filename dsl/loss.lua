-- loss.lua -- losses: a value for each pair or row, then a term of it by the conventions that all
-- of them share.
local core = ...
local util, op, base, ids = core.use("dsl/util.lua"), core.use("dsl/op.lua"),
  core.use("dsl/fn.lua"), core.use("dsl/ids.lua")
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local say = core.use("dsl/doc.lua").section "losses"
local fn, total, mean_of, sample_axis = base.open, base.total, base.mean_of, base.sample_axis

local function reduced(what, l, o, m)
  local r = o.reduction
  if r == "none" then return m and call.masked(l, m) or l end
  if r == "mean" then return mean_of(what, l, m) end
  local top = total(m and call.masked(l, m) or l)
  if r == "sum" then return top end
  if r == "batchmean" then return call.div(top, base.rows()) end
  fail("%s: reduction is \"mean\", \"batchmean\", \"sum\" or \"none\", got %s", what, util.show(r))
end

-- sizes without the 1s after
local function trimmed(s)
  local d = table.move(s.dims, 1, s.rank, 1, {})
  while #d > 1 and d[#d] == 1 do d[#d] = nil end
  return table.concat(d, ",")
end

-- t in the shape of p: losses never broadcast
local function as_target(what, p, t)
  if type(t) == "number" then return core.const(t) end
  t = tensor(what, t)
  local sp, st = info(p), info(t)
  if st.rank == 0 or sp.rank == st.rank and trimmed(sp) == trimmed(st) and #sp.dims == #st.dims then
    return t
  end
  if trimmed(sp) ~= trimmed(st) or sp.batch ~= st.batch then
    fail("%s: shapes %s and %s differ: losses do not broadcast", what, sp.text, st.text)
  end
  return call.reshape(t, { dims = sp.dims, batch = sp.batch })
end

-- ---- losses of pairs ----------------------------------------------------------------------------
local function mask_of(what, o)
  return o.mask ~= nil and tensor(what .. ": mask", o.mask) or nil
end

local function with_shared(spec)
  local all = { reduction = "mean", mask = util.any }
  for k, v in pairs(spec) do all[k] = v end
  return all
end

-- a loss of the difference. A mask says which elements count; where it is 0 the difference itself
-- is 0, whatever it was
local function pairwise(name, spec, of)
  fn[name] = function(p, t, o)
    local what = "fn." .. name
    p = tensor(what, p)
    o = options(what, o, with_shared(spec))
    local m = mask_of(what, o)
    if not m then ids.numbers(what, t) end
    local d = call.sub(p, as_target(what, p, t))
    if m then d = call.where(m, d, core.const(0)) end
    return reduced(what, of(d, o, what), o, m)
  end
end

-- a loss of inputs, named in order; where the mask is 0 each of them is what `safe` says, whatever
-- it was
local function elementwise(name, safe, spec, of)
  fn[name] = function(...)
    local what, given, n = "fn." .. name, { ... }, #safe
    if select("#", ...) > n + 1 then fail("%s: expected %d tensors and options", what, n) end
    local o = options(what, given[n + 1], with_shared(spec))
    local m = mask_of(what, o)
    given[1] = tensor(what, given[1])
    for i = 1, m and 0 or n do ids.numbers(what, given[i]) end
    for i = 2, n do given[i] = as_target(what, given[1], given[i]) end
    if m then
      for i = 1, n do given[i] = call.where(m, given[i], core.const(safe[i])) end
    end
    given[n + 1] = o
    return reduced(what, of(table.unpack(given, 1, n + 1)), o, m)
  end
end

local function above(what, o, name)
  return util.number(what, o[name], 1e-30, 1e30, name)
end

say("fn.mse(p, t, { mask = m })", "The squared difference, a mean over elements.")
pairwise("mse", {}, function(d) return call.square(d) end)
say("fn.l1(p, t)", "The absolute difference.")
pairwise("l1", {}, function(d) return call.abs(d) end)
say("fn.huber(p, t, { delta = 1 })", "Squared within delta, linear beyond.")
pairwise("huber", { delta = 1 }, function(d, o, what) return call.huber_of(d,
  { delta = above(what, o, "delta") }) end)
say("fn.smooth_l1(p, t, { beta = 1 })", "Huber over beta: slope 1 beyond.")
pairwise("smooth_l1", { beta = 1 }, function(d, o, what)
  if o.beta == 0 then return call.abs(d) end
  return call.smooth_l1_of(d, { beta = above(what, o, "beta") })
end)

say("fn.bce(p, t)", "Binary cross entropy of probabilities.")
elementwise("bce", { 0.5, 0.5 }, {}, function(p, t) return call.bce_of(p, t) end)

say("fn.bce_logits(x, t, { pos_weight = 3 })",
  "Binary cross entropy of logits; pos_weight is a number or a tensor.")
elementwise("bce_logits", { 0, 0 }, { pos_weight = util.any }, function(x, t, o)
  local w = o.pos_weight
  if w == nil then return call.bce_logits_of(x, t) end
  if type(w) ~= "number" and not core.is_tensor(w) then
    fail("fn.bce_logits: pos_weight is a number or a tensor, got %s", util.show(w))
  end
  return call.bce_logits_weighted(x, t, tensor("fn.bce_logits: pos_weight", w))
end)

-- PyTorch's: x are log-probabilities, t probabilities, or their logarithms too
say("fn.kl_div(x, t, { log_target = false, reduction = \"mean\" })",
  "The divergence of log-probabilities x from t, a mean over elements as in PyTorch. The "
  .. "textbook's sum over classes is reduction = \"batchmean\".")
elementwise("kl_div", { 0, 0 }, { log_target = false }, function(x, t, o)
  if o.log_target then return call.mul(call.exp(t), call.sub(t, x)) end
  return call.sub(call.xlogy(t, t), call.mul(t, x))
end)

-- targets are 1 and -1
say("fn.hinge(x, t, { margin = 1 })", "max(0, margin - t x); targets are 1 and -1.")
elementwise("hinge", { 0, 0 }, { margin = 1 }, function(x, t, o)
  return call.clamp_min(call.sub(core.const(o.margin), call.mul(t, x)), { lo = 0 })
end)

say("fn.hinge_embedding(x, t, { margin = 1 })",
  "x where t is 1, max(0, margin - x) where it is -1.")
elementwise("hinge_embedding", { 0, 1 }, { margin = 1 }, function(x, t, o)
  local far = call.clamp_min(call.sub(core.const(o.margin), x), { lo = 0 })
  return call.where(call.gt(t, core.const(0)), x, far)
end)

say("fn.soft_margin(x, t)", "log(1 + exp(-t x)).")
elementwise("soft_margin", { 0, 0 }, {}, function(x, t)
  return call.softplus(call.neg(call.mul(t, x)), { beta = 1, threshold = 1e30 })
end)

say("fn.margin_ranking(a, b, t, { margin = 0 })", "max(0, margin - t (a - b)).")
elementwise("margin_ranking", { 0, 0, 0 }, { margin = 0 }, function(a, b, t, o)
  local d = call.mul(call.neg(t), call.sub(a, b))
  return call.clamp_min(call.add(d, core.const(o.margin)), { lo = 0 })
end)

-- what Stirling's formula says of log(t!), where t is above 1
local function stirling(t)
  local large = call.maximum(t, core.const(1))
  local s = call.add(call.sub(call.mul(large, call.log(large)), large),
    call.mul(core.const(0.5), call.log(call.mul(core.const(2 * math.pi), large))))
  return call.where(call.gt(t, core.const(1)), s, core.const(0))
end

say("fn.poisson_nll(x, t, { log_input = true, full = false })",
  "The negative log-likelihood of counts t with rate exp(x), or x.")
elementwise("poisson_nll", { 0, 0 }, { log_input = true, full = false, eps = 1e-8 },
  function(x, t, o)
  local l = o.log_input and call.sub(call.exp(x), call.mul(t, x))
    or call.sub(x, call.mul(t, call.log(call.add(x, core.const(o.eps)))))
  return o.full and call.add(l, stirling(t)) or l
end)

-- the variance counts as eps at least, but its gradient is that of the value used
say("fn.gaussian_nll(x, t, v, { eps = 1e-6, full = false })",
  "The negative log-likelihood of t with mean x and variance v.")
elementwise("gaussian_nll", { 0, 0, 1 }, { full = false, eps = 1e-6 }, function(x, t, v, o)
  util.number("fn.gaussian_nll", o.eps, 0, 1e30, "eps")
  local used = call.add(v, call.detach(call.sub(call.clamp_min(v, { lo = o.eps }), v)))
  local l = call.mul(core.const(0.5), call.add(call.log(used),
    call.div(call.square(call.sub(x, t)), used)))
  return o.full and call.add(l, core.const(0.5 * math.log(2 * math.pi))) or l
end)

-- rows of a and b, and one t per row: 1 where they belong together, -1 where not
say("fn.cosine_embedding(a, b, t, { margin = 0 })",
  "A loss of pairs of samples: t is 1 where a and b belong together, else -1.")
function fn.cosine_embedding(a, b, t, o)
  local what = "fn.cosine_embedding"
  o = options(what, o, with_shared { margin = 0 })
  a, b, t = tensor(what, a), tensor(what, b), tensor(what, t)
  local m, eps = mask_of(what, o), core.const(1e-12)
  local function dot(u, v) return fn.sum(call.mul(u, v), { axis = -1 }) end
  local both = call.mul(call.add(dot(a, a), eps), call.add(dot(b, b), eps))
  local c = call.div(dot(a, b), call.sqrt(both))
  t = as_target(what, c, t)
  local far = call.clamp_min(call.sub(c, core.const(o.margin)), { lo = 0 })
  local l = call.where(call.gt(t, core.const(0)), call.sub(core.const(1), c), far)
  return reduced(what, l, o, m)
end

-- ---- losses of classes --------------------------------------------------------------------------
local function same_sizes(a, b, skip)
  local k = 0
  for i = 1, a.rank do
    if i ~= skip then
      k = k + 1
      if a.dims[i] ~= b.dims[k] then return false end
    end
  end
  return k == b.rank
end

-- the axis of x whose removal leaves the shape of t
local function class_axis(what, x, t, axis)
  if axis then return sample_axis(what, x, axis) end
  local sx, st, found = info(x), info(t), nil
  for a = 2, sx.rank do
    if same_sizes(sx, st, a) then
      if found then
        fail("%s: the classes of %s may be axis %d or %d: write which, { axis = %d }", what,
          sx.text, found,
          a, a)
      end
      found = a
    end
  end
  if not found then
    fail("%s: logits %s need a target of their shape without the class axis; got %s", what, sx.text,
      st.text)
  end
  return found
end

-- logits, class ids and their axis, checked
local function classes(what, x, t, o)
  local axis = o.axis
  x, t = tensor(what, x), tensor(what, t)
  local sx, st = info(x), info(t)
  if not sx.batch or not st.batch then
    fail("%s: expected logits and class ids of samples, got %s and %s", what, sx.text, st.text)
  end
  if st.type == "real" and not ids.column(t) then
    fail("%s: the target must hold class ids, whole numbers; '%s' holds reals", what,
      st.name or "it")
  end
  local a = class_axis(what, x, t, axis)
  if not same_sizes(sx, st, a) then
    fail("%s: logits %s without axis %d do not have the shape of the target, %s", what, sx.text, a,
      st.text)
  end
  if o.ignore_index ~= nil then
    o.ignore_index = util.integer(what, o.ignore_index, -2^31, "ignore_index")
    if o.ignore_index >= 2^31 then
      fail("%s: ignore_index = %d: ids are below 2^31", what, o.ignore_index)
    end
  end
  ids.target(what, t, sx.dims[a], o.ignore_index)
  return x, t, 1 << (a - 1)
end

-- what counts of a class loss: what the user gives, without the ignored ids
local function class_mask(what, t, o)
  local m = mask_of(what, o)
  if o.ignore_index == nil then return m end
  local v = call.kept(t, { ignore = o.ignore_index })
  return m and call.mul(m, v) or v
end

-- w[name + 1] as a formula: a tree of comparisons, numbers from w at its leaves
local function lookup(name, w, from, to)
  if from == to then return ("%.17g"):format(w[from]) end
  local mid = (from + to) // 2
  return ("select(%s < %d, %s, %s)"):format(name, mid, lookup(name, w, from, mid),
    lookup(name, w, mid + 1, to))
end

local weighers, weighed = {}, 0     -- weighers[kind and weights]: an op made for them

local function weigher(kind, w, make)
  local key = kind .. table.concat(w, " ")
  if not weighers[key] then
    weighed = weighed + 1
    weighers[key] = make(weighed == 1 and "" or "_" .. weighed)
  end
  return weighers[key]
end

-- the weight of each target's class, numbers that the model states
local function class_weight(t, w)
  return weigher("weight ", w, function(suffix)
    local name = "class_weight" .. suffix
    op.map { name = name, args = { "t" }, doc = "The weight of class t.",
      value = lookup("t", w, 1, #w) }
    return name
  end)
end

-- cross entropy with class weights and a smoothed target, as PyTorch has it: the weights go into
-- both parts
local function smoothed_weighted(w, e)
  return weigher(("smoothed %.17g "):format(e), w, function(suffix)
    local name, at, of = "smoothed_weighted" .. suffix, lookup("i", w, 1, #w), lookup("t", w, 1, #w)
    local weights = ("k = sum(%s)"):format(at)
    op.reduce { name = name .. "_grad", args = { "x", "t", "m", "s", "gy" }, attrs = { e = e },
      folds = { weights },
      doc = "The gradient of " .. name,
      value = ("select(gy == 0, 0, gy * ((1 - e) * %s * (exp(x - m) / s - select(i == t, 1, 0)) "
        .. "+ e / n * (k * exp(x - m) / s - %s)))"):format(of, at) }
    op.reduce { name = name, args = { "x", "t", "m", "s" }, attrs = { e = e }, per_row = true,
      folds = { weights, "z = sum(select(i == t, x, 0))", ("a = sum(%s * x)"):format(at) },
      value = ("(1 - e) * %s * (log(s) + m - z) + e / n * (k * (log(s) + m) - a)"):format(of),
      doc = "Cross entropy with class weights and a smoothed target.",
      grad = function(y, gy, x, t, m, s)
        return call[name .. "_grad"](x, t, m, s, gy, { axes = info(y).axes, e = e })
      end }
    return name
  end)
end

local function check_weight(what, x, axes, w)
  local s, classes = info(x), 0
  for a = 1, s.rank do
    if axes >> (a - 1) & 1 == 1 then classes = s.dims[a] end
  end
  if type(w) ~= "table" or getmetatable(w) or #w ~= classes then
    local got = type(w) == "table" and not getmetatable(w) and #w .. " values" or util.show(w)
    fail("%s: weight is a list of %d numbers, one a class; got %s", what, classes, got)
  end
  for i = 1, classes do util.number(what, w[i], 0, 1e30, "a class weight") end
  return w
end

local class_options = { axis = util.any, mask = util.any, ignore_index = util.any }
local loss_options = { reduction = "mean", weight = util.any }
for k, v in pairs(class_options) do loss_options[k] = v end
local smooth_options = { label_smoothing = 0 }
for k, v in pairs(loss_options) do smooth_options[k] = v end

-- a row's largest logit, and its sum of exp(x - largest): its gradient is part of the loss's own
local function largest(x, axes) return call.detach(call.amax(x, { axes = axes })) end

local function softmax_row(x, axes)
  local m = largest(x, axes)
  return m, call.detach(call.sum_exp(x, m, { axes = axes }))
end

-- the term of a class loss: l is a value per row, whose classes have weights
local function class_term(what, l, t, o)
  local m = class_mask(what, t, o)
  if not o.weight then return reduced(what, l, o, m) end
  local w = call[class_weight(t, o.weight)](t)
  return reduced(what, l, o, m and call.mul(m, w) or w)
end

-- PyTorch divides by the weights of the rows that count
local function smooth_term(what, x, t, o, axes)
  local e, w = o.label_smoothing, o.weight
  local top, sum = softmax_row(x, axes)
  if not w then
    return class_term(what, call.smoothed(x, t, top, sum, { axes = axes, e = e }), t, o)
  end
  local l = call[smoothed_weighted(w, e)](x, t, top, sum, { axes = axes, e = e })
  local m = class_mask(what, t, o)
  if o.reduction ~= "mean" then return reduced(what, l, o, m) end
  local each = call[class_weight(t, w)](t)
  if m then l, each = call.masked(l, m), call.mul(m, each) end
  return call.div(total(l), total(each))
end

say("fn.cross_entropy(x, t, { ignore_index = -100, weight = { 1, 2 }, label_smoothing = 0, axis = "
  .. "2 })",
  "Cross entropy of logits x and class ids t, a column or part of one (fn.slice). It is a mean "
  .. "over the rows that count, weighted by class. The class axis is the one whose removal leaves "
  .. "the target's shape. Without ignore_index every row counts.")
function fn.cross_entropy(x, t, o)
  local what = "fn.cross_entropy"
  o = options(what, o, smooth_options)
  local axes
  x, t, axes = classes(what, x, t, o)
  util.number(what, o.label_smoothing, 0, 1, "label_smoothing")
  if o.weight ~= nil then check_weight(what, x, axes, o.weight) end
  if o.label_smoothing > 0 then return smooth_term(what, x, t, o, axes) end
  local m, s = softmax_row(x, axes)
  return class_term(what, call.cross_entropy(x, t, m, s, { axes = axes }), t, o)
end

-- x are log-probabilities
say("fn.nll(x, t)", "fn.cross_entropy of log-probabilities, such as the results of fn.log_softmax.")
function fn.nll(x, t, o)
  local what = "fn.nll"
  o = options(what, o, loss_options)
  local axes
  x, t, axes = classes(what, x, t, o)
  if o.weight ~= nil then check_weight(what, x, axes, o.weight) end
  return class_term(what, call.nll(x, t, { axes = axes }), t, o)
end

say("fn.accuracy(x, t, { ignore_index = -100, mask = m })",
  "The share of rows whose largest logit is the target.")
function fn.accuracy(x, t, o)
  o = options("fn.accuracy", o, class_options)
  local axes
  x, t, axes = classes("fn.accuracy", x, t, o)
  return mean_of("fn.accuracy", call.hit(x, t, largest(x, axes), { axes = axes }),
    class_mask("fn.accuracy", t, o))
end

-- ---- what mixes the samples of a micro-batch
-- ------------------------------------------------------
say("fn.per_micro(function() return fn.mean(p) * fn.mean(q) end)",
  "A loss of each micro-batch by itself: inside the function, sums, means and axis 1 are those of "
  .. "the micro-batch. The result is a term: a mean over the window, in which a micro-batch's "
  .. "weight is its number of rows. It depends on micro_batch.")
function fn.per_micro(make)
  local what = "fn.per_micro"
  if type(make) ~= "function" then
    fail("%s: expected a function that makes the loss of one micro-batch, fn.per_micro(function() "
      .. "return ... end); got %s", what, util.show(make))
  end
  if op.alone then fail("%s: it is inside another fn.per_micro; one is enough", what) end
  op.alone = true
  local v = make()
  op.alone = nil
  local s = core.is_tensor(v) and info(v) or nil
  if not s or s.rank > 0 then
    fail("%s: expected a scalar, a sum or a mean over the micro-batch, got %s: write fn.mean(...)",
      what, util.show(v))
  end
  if s.when ~= "micro" then
    fail("%s: %s", what, s.when == "after"
      and "a sum in it was made outside the function, so it is the window's; make it inside the "
      .. "function"
      or "it reads no data: write it as a term by itself")
  end
  op.by_micro = op.by_micro or { place = core.place(), what = what,
    why = "it is a loss of each micro-batch by itself", cure = "" }
  return call.div(call.sum(call.mul(core.rows("real"), v), { axes = 1 }), core.rows())
end

-- fold.lua -- functions that fold axes other than by a sum: extremes, moments, norms, softmax.
local core = ...
local util, op, base = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua")
local say = core.use("dsl/doc.lua").section "functions"
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local fn, sample_axis, one_axis, axis_mask, kept = base.open, base.sample_axis, base.one_axis,
  base.axis_mask, base.kept

-- the axes that a fold other than a sum goes along: a tensor without a batch may be folded as a
-- whole
local function fold_axes(what, x, axis)
  local s = info(x)
  if axis ~= nil then return axis_mask(what, x, axis) end
  if s.batch or s.rank == 0 then fail("%s: say which axis: { axis = -1 } is the last", what) end
  return (1 << s.rank) - 1
end

-- a fold along axes by the op of that name, whose attributes are in `given`
local function fold(what, name, x, o, given)
  local mask, attrs = fold_axes(what, x, o.axis), { axes = 0 }
  for k, v in pairs(given or {}) do attrs[k] = v end
  attrs.axes = mask
  return kept(x, call[name](x, attrs), mask, o.keepdim)
end

-- two tensors: element by element; one: along an axis
local function extreme(name, pair, of)
  fn[name] = function(a, b)
    local what = "fn." .. name
    a = tensor(what, a)
    if type(b) ~= "table" and b ~= nil then return call[pair](a, tensor(what, b)) end
    return fold(what, of, a, options(what, b, { axis = util.any, keepdim = false }))
  end
end
say("fn.max(x, { axis = 2 })",
  "The largest along an axis; equal elements share the gradient. fn.max(a, b) is element by "
  .. "element.")
extreme("max", "maximum", "amax")
say("fn.min(x, { axis = 2 })", "The smallest along an axis; fn.min(a, b) is element by element.")
extreme("min", "minimum", "amin")

say("fn.logsumexp(x, { axis = 2 })", "log(sum(exp(x))) along an axis, safe for any x.")
say("fn.prod(x, { axis = 2 })", "The product along an axis.")
for _, name in ipairs { "logsumexp", "prod" } do
  fn[name] = function(x, o)
    local what = "fn." .. name
    x, o = tensor(what, x), options(what, o, { axis = util.any, keepdim = false })
    return fold(what, name, x, o)
  end
end

-- the root of a sum of squares, by folds that are only sums; its derivative where it is 0 is 0
local function root(what, x, o)
  local s = fold(what, "sum", call.square(x), o)
  local none = call.eq(s, core.const(0))
  return call.where(none, core.const(0), call.sqrt(call.where(none, core.const(1), s)))
end

-- the variance of a tensor without a batch, or its root
local function spread(what, name, x, o)
  local mask = fold_axes(what, x, o.axis)
  local n = 1
  for a = 1, info(x).rank do
    if mask >> (a - 1) & 1 == 1 then n = n * info(x).dims[a] end
  end
  local mean = call.mul(kept(x, call.sum(x, { axes = mask }), mask, true), core.const(1 / n))
  local d, share = call.sub(x, mean), 1 / (n - o.correction)
  if name == "std" then return call.mul(root(what, d, o), core.const(share ^ 0.5)) end
  return call.mul(fold(what, "sum", call.square(d), o), core.const(share))
end

say("fn.var(x, { axis = 2, correction = 1 })", "The variance along an axis.")
say("fn.std(x, { axis = 2, correction = 1 })",
  "The standard deviation along an axis, the root of fn.var.")
for _, name in ipairs { "var", "std" } do
  fn[name] = function(x, o)
    local what = "fn." .. name
    x, o = tensor(what, x), options(what, o, { axis = util.any, keepdim = false, correction = 1 })
    util.number(what, o.correction, 0, 1e9, "correction")
    if not info(x).batch then return spread(what, name, x, o) end
    return fold(what, name, x, o, { correction = o.correction })
  end
end

say("fn.argmax(x, { axis = 2 })", "The index of the largest, from 0; it has no gradient.")
say("fn.argmin(x, { axis = 2 })", "The index of the smallest, from 0.")
for _, name in ipairs { "argmax", "argmin" } do
  fn[name] = function(x, o)
    local what = "fn." .. name
    x, o = tensor(what, x), options(what, o, { axis = util.any, keepdim = false })
    one_axis(what, x, o)
    return fold(what, name, x, o)
  end
end

say("fn.norm(x, { axis = 2, p = 2 })",
  "The p-norm; p = math.huge is the largest absolute value. Without axis it is the norm of a whole "
  .. "parameter.")
function fn.norm(x, o)
  x = tensor("fn.norm", x)
  o = options("fn.norm", o, { axis = util.any, keepdim = false, p = 2 })
  if o.p == math.huge then
    return fold("fn.norm", "amax", call.abs(x), o)
  end
  if o.p == 2 then
    return info(x).batch and fold("fn.norm", "norm2", x, o) or root("fn.norm", x, o)
  end
  if not (o.p > 0) then
    fail("fn.norm: p is above 0, math.huge for the largest; got %s", util.show(o.p))
  end
  if o.p == 1 then return fold("fn.norm", "sum", call.abs(x), o) end
  return fold("fn.norm", "norm_p", x, o, { p = o.p })
end

-- x over its norm along an axis, which counts as eps at least
local function unit(what, x, axis, p, eps)
  one_axis(what, x, { axis = axis })
  local n = fn.norm(x, { axis = axis, p = p, keepdim = true })
  return call.div(x, call.clamp_min(n, { lo = util.number(what, eps, 0, 1e30, "eps") }))
end

say("fn.normalize(x, { axis = 2, p = 2, eps = 1e-12 })", "x over its norm.")
function fn.normalize(x, o)
  x = tensor("fn.normalize", x)
  o = options("fn.normalize", o, { axis = util.any, p = 2, eps = 1e-12 })
  return unit("fn.normalize", x, o.axis, o.p, o.eps)
end

-- the same by PyTorch's rule for a cosine: the norm's gradient is its own where it counts as eps,
-- too
local function direction(what, x, axis, eps)
  one_axis(what, x, { axis = axis })
  local n = fn.norm(x, { axis = axis, keepdim = true })
  local more = call.sub(call.clamp_min(n, { lo = util.number(what, eps, 0, 1e30, "eps") }), n)
  return call.div(x, call.add(n, fn.detach(more)))
end

say("fn.cosine_similarity(a, b, { axis = 2, eps = 1e-8 })",
  "The cosine of the angle between a and b along an axis; a norm below eps counts as eps.")
function fn.cosine_similarity(a, b, o)
  local what = "fn.cosine_similarity"
  a, b, o = tensor(what, a), tensor(what, b), options(what, o, { axis = util.any, eps = 1e-8 })
  local one, two = direction(what, a, o.axis, o.eps), direction(what, b, o.axis, o.eps)
  return fn.sum(call.mul(one, two), { axis = o.axis })
end

-- ---- softmax and normalization ------------------------------------------------------------------
say("fn.softmax(x, { axis = 2 })", "exp(x) over its sum along an axis.")
say("fn.log_softmax(x, { axis = -1 })", "The logarithm of fn.softmax, safe for any x.")
for _, name in ipairs { "softmax", "log_softmax" } do
  fn[name] = function(x, o)
    local what = "fn." .. name
    x = tensor(what, x)
    local a = one_axis(what, x, options(what, o, { axis = util.any }))
    return call[name](x, { axes = 1 << (a - 1) })
  end
end

say("fn.softmin(x, { axis = 2 })", "The softmax of -x.")
function fn.softmin(x, o)
  x = tensor("fn.softmin", x)
  local a = one_axis("fn.softmin", x, options("fn.softmin", o, { axis = util.any }))
  return call.softmax(call.neg(x), { axes = 1 << (a - 1) })
end

local function eps_of(what, o) return util.number(what, o.eps, 0, 1e30, "eps") end

-- the last axis over the root of its mean square
say("fn.rms_norm(x, { eps = 2^-23 })", "x over the root of its mean square along the last axis.")
function fn.rms_norm(x, o)
  x = tensor("fn.rms_norm", x)
  o = options("fn.rms_norm", o, { eps = 2^-23 })
  return call.rms(x, { axes = 1 << (sample_axis("fn.rms_norm", x, -1) - 1),
    eps = eps_of("fn.rms_norm", o) })
end

-- zero mean and unit variance over the last axis
say("fn.layer_norm(x, { eps = 1e-5 })", "Zero mean and unit variance along the last axis.")
function fn.layer_norm(x, o)
  x = tensor("fn.layer_norm", x)
  o = options("fn.layer_norm", o, { eps = 1e-5 })
  return call.normalize(x, { axes = 1 << (sample_axis("fn.layer_norm", x, -1) - 1),
    eps = eps_of("fn.layer_norm", o) })
end

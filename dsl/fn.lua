-- fn.lua -- functions of tensors: what owns no parameters. A composite is written with ops and
-- needs no gradient.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local say = core.use("dsl/doc.lua").section "functions"
local fn = {}

for _, t in ipairs(op.list) do
  if t.kind == "map" and not t.hidden then fn[t.name] = op.public(t, "fn." .. t.name) end
end

-- ---- axes ---------------------------------------------------------------------------------------
-- the place of axis (1, 2 ... or -1 for the last) among the axes of x
local function axis_of(what, x, axis)
  local s = info(x)
  if s.rank == 0 then fail("%s: %s is one number and has no axes", what, util.show(x)) end
  local a = util.integer(what, axis, -s.rank, "axis")
  if a < 0 then a = s.rank + 1 + a end
  if a < 1 or a > s.rank then
    fail("%s: axis %d: the tensor is %s, its axes are 1 to %d", what, axis, s.text, s.rank)
  end
  return a
end

-- an axis of a sample: folding the batch away would mix samples
local function sample_axis(what, x, axis, cure)
  local a = axis_of(what, x, axis)
  if a == 1 and info(x).batch then
    fail("%s: axis 1 is the batch: this would mix samples, but the program sees one micro-batch at "
      .. "a time; use the sample's own axes, or sums over the batch as terms%s", what,
      cure or "")
  end
  return a
end

local declared = ", or declare a loss of each micro-batch, fn.per_micro(...)"

local function axis_mask(what, x, axis, place)
  local mask = 0
  for _, a in ipairs(type(axis) == "table" and axis or { axis }) do
    mask = mask | 1 << ((place or sample_axis)(what, x, a, declared) - 1)
  end
  return mask
end

local function one_axis(what, x, o)
  if o.axis == nil then fail("%s: say which axis: { axis = -1 } is the last", what) end
  return sample_axis(what, x, o.axis)
end

-- the elements of one sample, or of a tensor without a batch
local function elements(x)
  local s, n = info(x), 1
  for a = s.batch and 2 or 1, s.rank do n = n * s.dims[a] end
  return n
end

-- ---- sums ---------------------------------------------------------------------------------------
-- the sum over the real rows of a micro-batch, and along the axes of a sample in mask
local function micro_total(x, mask)
  if mask > 1 then x = call.sum(x, { axes = mask & ~1 }) end
  local dims = info(x).dims
  local flat = call.reshape(x, { dims = { dims[1], elements(x) }, batch = true })
  local real = op.real_rows(flat)
  return call.reshape(call.micro_sum(flat, real, { axes = 1 }),
    { dims = table.move(dims, 2, #dims, 1, {}), batch = false })
end

-- over everything; the batch is the window's, or inside of fn.per_micro the micro-batch's
local function total(x)
  local s = info(x)
  if s.rank == 0 then return x end
  local all = (1 << s.rank) - 1
  return op.alone and s.batch and micro_total(x, all) or call.sum(x, { axes = all })
end

-- how many real rows such a sum takes in
local function rows() return op.alone and core.rows "micro" or core.rows() end

-- what a fold along axes left, with extent 1 where the folded axes were if the user wants that
local function kept(x, y, mask, keepdim)
  if not keepdim then return y end
  local s = info(x)
  for a = 1, s.rank do
    if mask >> (a - 1) & 1 == 1 then s.dims[a] = 1 end
  end
  local batch = s.batch and mask & 1 == 0
  if s.batch and not batch then table.remove(s.dims, 1) end
  return call.reshape(y, { dims = s.dims, batch = batch })
end

local function sum(what, x, o)
  if o.axis == nil then
    if o.keepdim then fail("%s: keepdim goes with an axis", what) end
    return total(x)
  end
  local mask = axis_mask(what, x, o.axis, op.alone and axis_of)
  local whole = info(x).batch and mask & 1 == 1
  return kept(x, whole and micro_total(x, mask) or call.sum(x, { axes = mask }), mask, o.keepdim)
end

say("fn.sum(x, { axis = 2, keepdim = false })",
  "The sum along axes of a sample. Without axis it is a term: a sum over everything, the batch "
  .. "included.")
function fn.sum(x, o)
  x = tensor("fn.sum", x)
  return sum("fn.sum", x, options("fn.sum", o, { axis = util.any, keepdim = false }))
end

-- the number of values that a sum over all of x takes in
local function count(x)
  local n = elements(x)
  if not info(x).batch then return core.const(n) end
  return n == 1 and rows() or call.mul(rows(), core.const(n))
end

-- sum over sum: a mask says what counts
local function mean_of(what, l, m)
  if not m then return call.div(total(l), count(l)) end
  m = tensor(what .. ": mask", m)
  local top, bottom = total(call.masked(l, m)), total(m)
  local times = elements(l) // math.max(elements(m), 1)
  if times > 1 then bottom = call.mul(bottom, core.const(times)) end
  return call.div(top, bottom)
end

say("fn.mean(x, { axis = { 2, 3 } })",
  "The mean along axes. Without axis it is a term; { mask = m } selects the elements that count.")
function fn.mean(x, o)
  x = tensor("fn.mean", x)
  o = options("fn.mean", o, { axis = util.any, mask = util.any, keepdim = false })
  if o.axis == nil and not o.keepdim then return mean_of("fn.mean", x, o.mask) end
  if o.mask then fail("fn.mean: mask goes with a mean over everything, not with an axis") end
  local s = sum("fn.mean", x, o)
  local mean = call.mul(s, core.const(elements(s) / elements(x)))
  return info(x).batch and not info(s).batch and call.div(mean, rows()) or mean
end

-- ---- shapes -------------------------------------------------------------------------------------
-- sizes with one -1 filled in so that they hold n elements
local function fill(what, sizes, n, x)
  local known, open = 1, nil
  for i, d in ipairs(sizes) do
    if d == -1 and not open then open = i
    else known = known * util.integer(what, d, 1, "a size") end
  end
  if open and known > 0 and n % known == 0 then sizes[open], known = n // known, n end
  if known ~= n then
    local of = info(x).batch and "a sample has" or "it has"
    fail("%s: %s: %s %d elements, the sizes given hold %d", what, info(x).text, of, n, known)
  end
  return sizes
end

local function reshape(what, x, sizes)
  fill(what, sizes, elements(x), x)
  local batch = info(x).batch
  if batch then table.insert(sizes, 1, info(x).dims[1]) end
  return call.reshape(x, { dims = sizes, batch = batch })
end

say("fn.reshape(x, 4, -1)",
  "Other sizes of one sample; -1 is inferred. Without sizes each sample is one number, [N].")
function fn.reshape(x, ...) return reshape("fn.reshape", tensor("fn.reshape", x), { ... }) end

say("fn.flatten(x)", "All axes of a sample in one.")
function fn.flatten(x)
  x = tensor("fn.flatten", x)
  return reshape("fn.flatten", x, { -1 })
end

say("fn.permute(x, 1, 3, 2)", "The axes in this order; the batch stays the first.")
function fn.permute(x, ...)
  x = tensor("fn.permute", x)
  local s, perm, seen = info(x), {}, {}
  for i, a in ipairs { ... } do
    perm[i] = axis_of("fn.permute", x, a) - 1
    if seen[perm[i]] then fail("fn.permute: axis %d appears twice", a) end
    seen[perm[i]] = true
  end
  if #perm ~= s.rank then fail("fn.permute: %s has %d axes, got %d", s.text, s.rank, #perm) end
  if s.batch and perm[1] ~= 0 then fail("fn.permute: axis 1 is the batch and stays the first") end
  return call.permute(x, { perm = perm })
end

say("fn.transpose(x, 2, 3)",
  "Exchanges two axes; a matrix parameter needs no axes, fn.transpose(w).")
function fn.transpose(x, a, b)
  x = tensor("fn.transpose", x)
  local s, perm = info(x), {}
  if a == nil and not s.batch and s.rank == 2 then a, b = 1, 2 end
  if s.batch and s.rank < 3 then
    fail("fn.transpose: %s has one axis besides the batch, which stays the first: this would mix "
      .. "samples, but the program sees one micro-batch at a time; compare a row with columns of "
      .. "the same row, or with a parameter", s.text)
  end
  if a == nil or b == nil then
    fail("fn.transpose: name two axes of %s: fn.transpose(x, %d, %d)", s.text, s.rank - 1, s.rank)
  end
  a, b = sample_axis("fn.transpose", x, a), sample_axis("fn.transpose", x, b)
  for i = 1, s.rank do perm[i] = (i == a and b or i == b and a or i) - 1 end
  return call.permute(x, { perm = perm })
end

say("fn.expand(x, 3, 4)", "Axes of extent 1 repeated to these sizes of a sample.")
function fn.expand(x, ...)
  x = tensor("fn.expand", x)
  local s, dims = info(x), { ... }
  if s.batch then table.insert(dims, 1, s.dims[1]) end
  if #dims ~= s.rank then
    fail("fn.expand: %s takes %d size%s, got %d; give the axis that repeats extent 1 first, "
      .. "fn.expand(fn.reshape(x, 1, 4), 3, 4)", s.text,
      s.rank - (s.batch and 1 or 0), s.rank - (s.batch and 1 or 0) == 1 and "" or "s",
      #dims - (s.batch and 1 or 0))
  end
  for i = 1, s.rank do
    if dims[i] ~= s.dims[i] and s.dims[i] ~= 1 then
      fail("fn.expand: %s: only axes of extent 1 can be repeated, and axis %d has %d: fn.reshape "
        .. "makes one", s.text, i, s.dims[i])
    end
    if not (i == 1 and s.batch) then util.integer("fn.expand", dims[i], 1, "a size") end
  end
  return call.expand(x, { dims = dims, batch = s.batch })
end

say("fn.detach(x)", "x, but no gradient goes through it.")
function fn.detach(x) return call.detach(tensor("fn.detach", x)) end

-- ---- pointwise functions with a choice ----------------------------------------------------------
say("fn.gelu(x, { approximate = \"tanh\" })",
  "x times the share of a normal distribution below x; exact by default.")
function fn.gelu(x, o)
  o = options("fn.gelu", o, { approximate = "none" })
  if o.approximate == "tanh" then return call.gelu_tanh(tensor("fn.gelu", x)) end
  if o.approximate ~= "none" then
    fail("fn.gelu: approximate is \"none\" or \"tanh\", got %s", util.show(o.approximate))
  end
  return call.gelu(tensor("fn.gelu", x))
end

say("fn.clamp(x, { min = 0, max = 1 })", "x between two bounds, or with one of them.")
function fn.clamp(x, o)
  x = tensor("fn.clamp", x)
  o = options("fn.clamp", o, { min = util.any, max = util.any })
  for _, k in ipairs { "min", "max" } do
    if o[k] then util.number("fn.clamp", o[k], -math.huge, math.huge, k) end
  end
  if o.min and o.max and o.min > o.max then
    fail("fn.clamp: min = %g is above max = %g: all would become max", o.min, o.max)
  end
  if o.min and o.max then return call.clamp(x, { lo = o.min, hi = o.max }) end
  if o.min then return call.clamp_min(x, { lo = o.min }) end
  if o.max then return call.clamp_max(x, { hi = o.max }) end
  fail("fn.clamp: give min, max or both: fn.clamp(x, { min = 0 })")
end

say("fn.pow(x, 3)", "x to the power of a number or a tensor, also written x ^ 3.")
function fn.pow(x, p)
  if type(p) ~= "number" then return call.pow(tensor("fn.pow", x), tensor("fn.pow", p)) end
  x = tensor("fn.pow", x)
  if p == 2 then return call.square(x) end
  if p == 1 then return x end
  if p == 0 then return core.const(1) end
  return p == 0.5 and call.sqrt(x) or call.power(x, { p = p })
end

say("fn.dropout(x, 0.1)", "Drops with this probability in training, and scales the other elements.")
function fn.dropout(x, p)
  x = tensor("fn.dropout", x)
  if type(p) == "table" then p = options("fn.dropout", p, { p = 0.5 }).p end
  p = util.number("fn.dropout", p == nil and 0.5 or p, 0, 1, "a probability")
  if p == 1 then fail("fn.dropout: p = 1 would drop everything; p is below 1") end
  if p == 0 then return x end
  return call.dropout(x, op.noise(x), { p = p })
end

-- ---- products -----------------------------------------------------------------------------------
local letters = { "n", "t", "u", "v", "s", "r" }

-- letters for all but the last `but` axes of a tensor of rank n
local function leading(n, but) return table.concat(letters, "", 1, n - but) end

-- x times the transpose of w, plus b: w is out x in
say("fn.linear(x, w, b)",
  "x w^T + b; w is out x in. fn.linear(code, fn.transpose(enc.weight)) uses tied weights.")
function fn.linear(x, w, b)
  x, w = tensor("fn.linear", x), tensor("fn.linear", w)
  local sx, sw = info(x), info(w)
  if sw.batch or sw.rank ~= 2 then
    fail("fn.linear: the weight must be a matrix without a batch, out x in; got %s", sw.text)
  end
  if sx.rank < 1 or sx.batch and sx.rank < 2 then
    fail("fn.linear: expected [N, ..., features], got %s", sx.text)
  end
  if sx.dims[sx.rank] ~= sw.dims[2] then
    core.fail(("fn.linear: the input %s has %d features, the weight %s takes %d"):format(sx.text,
      sx.dims[sx.rank], sw.text, sw.dims[2]),
      core.place(), "the weight was made here", sw.place)
  end
  local lead = leading(sx.rank, 1)
  local y = call.matmul(x, w, { labels = lead .. "i,oi->" .. lead .. "o" })
  return b == nil and y or call.add(y, tensor("fn.linear", b))
end

local function mixes(sa, sb)
  fail("fn.matmul: %s times %s would mix samples, but the program sees one micro-batch at a time; "
    .. "a batch of matrices has three axes or more; compare a row with columns of the same row, or "
    .. "with a parameter", sa.text, sb.text)
end

-- the last two axes are matrices; the axes before them are equal, or only one operand has them
say("fn.matmul(a, b)", "The product of matrices; their axes are the last two.")
function fn.matmul(a, b)
  a, b = tensor("fn.matmul", a), tensor("fn.matmul", b)
  local sa, sb = info(a), info(b)
  if sa.rank < 2 or sb.rank < 2 then
    fail("fn.matmul: expected matrices, got %s and %s", sa.text, sb.text)
  end
  if sb.batch and sb.rank == 2 then mixes(sa, sb) end
  if sa.batch and sb.batch and sa.rank ~= sb.rank then mixes(sa, sb) end
  if sa.dims[sa.rank] ~= sb.dims[sb.rank - 1] then
    fail("fn.matmul: %s times %s: %d columns meet %d rows", sa.text, sb.text, sa.dims[sa.rank],
      sb.dims[sb.rank - 1])
  end
  local la, lb = leading(sa.rank, 2), leading(sb.rank, 2)
  if sa.rank > 2 and sb.rank > 2 then
    if sa.rank ~= sb.rank or sa.batch ~= sb.batch then
      fail("fn.matmul: %s and %s have different leading axes", sa.text, sb.text)
    end
    for i = 1, sa.rank - 2 do
      if sa.dims[i] ~= sb.dims[i] then
        fail("fn.matmul: %s and %s have different leading axes", sa.text, sb.text)
      end
    end
  end
  local row = sa.batch and sa.rank == 2 and "n" or "m"
  local lead = #la > #lb and la or lb
  return call.matmul(a, b, { labels = la .. row .. "i," .. lb .. "io->" .. lead .. row .. "o" })
end

-- ---- operators ----------------------------------------------------------------------------------
local others = core.use("dsl/elsewhere.lua")
local T = core.tensor
local fields

T.__name = "tensor"
for meta, name in pairs { __add = "add", __sub = "sub", __mul = "mul", __div = "div" } do
  local sign = ({ __add = "+", __sub = "-", __mul = "*", __div = "/" })[meta]
  T[meta] = function(a, b) return util.calling(sign, call[name], tensor(sign, a),
    tensor(sign, b)) end
end
function T.__unm(a) return call.neg(a) end
function T.__pow(a, b) return util.calling("^", fn.pow, a, b) end
function T.__tostring(x) return info(x).text end

local refused = {
  __lt = "< and > do not compare tensors: write fn.lt, fn.gt or fn.where",
  __le = "<= and >= do not compare tensors: write fn.le, fn.ge or fn.where",
  __eq = "== and ~= do not compare tensors: write fn.eq or fn.ne",
  __len = "# of a tensor: write #x.shape for the number of axes, x.shape[1] for a size",
  __concat = "tensors are not joined by ..", __call = "a tensor is not called",
  __mod = "tensors have no %: write fn.remainder", __idiv = "tensors have no //",
  __band = "tensors have no &",
  __bor = "tensors have no |", __newindex = "a tensor has no fields to set" }

for meta, message in pairs(refused) do
  T[meta] = function() fail("%s", message) end
end

function fields(x, k)
  local s = info(x)
  if k == "shape" then return s.batch and table.move(s.dims, 2, s.rank, 1, {}) or s.dims end
  if k == "name" then return s.path or s.name end
  return nil
end

function T.__index(x, k)
  local v = fields(x, k)
  if v ~= nil then return v end
  if math.type(k) == "integer" then
    fail("a tensor has no field %d: fn.slice(x, { axis = 2, from = 1, to = 1 }) takes elements, "
      .. "fn.chunk and fn.split parts", k)
  end
  local hint = util.cure(k, others.tensor) or rawget(fn, k) and ": write fn." .. k .. "(x)"
    or util.cure(k, others.fn)
    or util.near(k, { shape = 1, name = 1 })
  fail("a tensor has no field %s%s", util.show(k), hint)
end

return { open = fn, public = util.namespace("fn", fn, others.fn), total = total, rows = rows,
  mean_of = mean_of,
         sample_axis = sample_axis, one_axis = one_axis, axis_mask = axis_mask, kept = kept,
         reshape = reshape }

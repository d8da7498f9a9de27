-- attention.lua -- scaled dot-product attention without a matrix of scores in memory. The rows'
-- statistics, log(sum(exp(score))), are a value of their own; the backward pass reads them.
-- Arguments after v are those options that are tensors; `given` has a bit for each, in the order
-- of `tensors`.
local core = ...
local op = core.use("dsl/op.lua")
local info, call = core.info, op.call
local attrs = { "heads", "kv_heads", "causal", "scale", "window", "softcap", "drop",
  "score", "given" }
local tensors = { "bias", "lengths", "mask", "documents", "noise" }
local example = "fn.attention(q, k, v, { heads = 4 })"

local function part(t, after)
  t.args = { "q", "k", "v", table.unpack(tensors) }
  table.move(after, 1, #after, #t.args + 1, t.args)
  t.hidden, t.optional, t.attrs, t.example = true, true, attrs, example
  op.window(t)
end

local function like(x) return info(x).dims, info(x).batch end

local function options(y)
  local of, o = info(y), {}
  for _, name in ipairs(attrs) do o[name] = of[name] end
  return o
end

part({ name = "attention_rows", role = "attention_rows",
  doc = "The logarithm of the sum of exp(score) of each query and head.",
  shape = function(q, ...)
    local d, o = info(q).dims, select(select("#", ...), ...)
    return { d[1], o.heads, d[2] }, true
  end }, {})
part({ name = "attention", role = "attention", doc = "softmax(q k' * scale) v of each head.",
  shape = function(q, _, v, ...)
    local d, o = info(q).dims, select(select("#", ...), ...)
    return { d[1], d[2], info(v).dims[3] // o.kv_heads * o.heads }, true
  end,
  grad = function(y, gy, ...)
    local args = { ... }
    table.move({ y, gy, options(y) }, 1, 3, #args + 1, args)
    local function of(name) return call[name](table.unpack(args)) end
    local dbias = info(y).given & 1 == 1 and call.sum(of "attention_dbias", { axes = 1 }) or nil
    return of "attention_dq", of "attention_dk", of "attention_dv", dbias
  end }, { "rows" })

local back = { "rows", "y", "gy" }
part({ name = "attention_dq", role = "attention_dq", shape = like,
  doc = "The gradient of attention in its queries." },
  back)
part({ name = "attention_dk", role = "attention_dk", shape = function(_, k) return like(k) end,
  doc = "The gradient of attention in its keys." }, back)
part({ name = "attention_dv", role = "attention_dv", shape = function(_, _, v) return like(v) end,
  doc = "The gradient of attention in its values." }, back)
part({ name = "attention_dbias", role = "attention_dbias",
  doc = "The gradient of attention in the bias of each sample.",
  shape = function(q, _, _, bias)
    local d = info(bias).dims
    return { info(q).dims[1], d[1], d[2] }, true
  end }, back)
return { tensors = tensors }

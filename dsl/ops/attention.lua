-- attention.lua -- scaled dot-product attention without a matrix of scores in memory. The rows'
-- statistics, log(sum(exp(score))), are a value of their own; the backward pass reads them.
local core = ...
local op = core.use("dsl/op.lua")
local info, call = core.info, op.call
local attrs = { "heads", "kv_heads", "causal", "scale", "window", "softcap" }
local example = "fn.attention(q, k, v, { heads = 4 })"

local function part(t)
  t.hidden, t.attrs, t.example = true, attrs, example
  op.window(t)
end

local function like(x) return info(x).dims, info(x).batch end

local function options(y)
  local of, o = info(y), {}
  for _, name in ipairs(attrs) do o[name] = of[name] end
  return o
end

part { name = "attention_rows", role = "attention_rows", args = { "q", "k", "v" },
  doc = "The logarithm of the sum of exp(score) of each query and head.",
  shape = function(q, _, _, o)
    local d = info(q).dims
    return { d[1], o.heads, d[2] }, true
  end }
part { name = "attention", role = "attention", args = { "q", "k", "v", "rows" },
  doc = "softmax(q k' * scale) v of each head.",
  shape = function(q, _, v, _, o)
    local d = info(q).dims
    return { d[1], d[2], info(v).dims[3] // o.kv_heads * o.heads }, true
  end,
  grad = function(y, gy, q, k, v, rows)
    local function of(name) return call[name](q, k, v, rows, y, gy, options(y)) end
    return of "attention_dq", of "attention_dk", of "attention_dv"
  end }
part { name = "attention_dq", role = "attention_dq",
  args = { "q", "k", "v", "rows", "y", "gy" }, shape = like,
  doc = "The gradient of attention in its queries." }
part { name = "attention_dk", role = "attention_dk",
  args = { "q", "k", "v", "rows", "y", "gy" },
  shape = function(_, k) return like(k) end,
  doc = "The gradient of attention in its keys." }
part { name = "attention_dv", role = "attention_dv",
  args = { "q", "k", "v", "rows", "y", "gy" },
  shape = function(_, _, v) return like(v) end,
  doc = "The gradient of attention in its values." }

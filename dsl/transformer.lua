-- transformer.lua -- the layers of a transformer, with PyTorch's names of parameters and defaults.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local base, kit = core.use("dsl/fn.lua"), core.use("dsl/nn.lua")
local say = core.use("dsl/doc.lua").section "layers"
local fn, nn = base.open, kit.open
local info, tensor, fail, options = core.info, op.tensor, util.fail, util.options

local function sequence(what, x) return op.sequence(what, x, "[N, positions, channels]") end

local function width(x) return info(x).dims[3] end

-- the number of heads and the options of a layer; PyTorch states the width first
local function asked(what, heads, o, spec)
  if type(o) == "number" then
    fail("%s: input sizes are inferred, write %s(%s)", what, what, util.show(o))
  end
  if type(heads) == "table" then
    fail("%s: the number of heads comes first, %s(8, { ... })", what, what)
  end
  heads = util.integer(what, heads, 1, "the number of heads")
  return heads, options(what, o, spec)
end

local function is_options(x) return type(x) == "table" and not getmetatable(x) end

-- a layer of layers, { name, layer } each
local function made(kind, kids, forward, name)
  local fields = {}
  for _, kid in ipairs(kids) do fields[kid[1]] = kid[2] end
  local l = kit.container(kind, forward, kids, fields, name)
  kit.inside[l].ours = true
  return l
end

-- ---- attention ----------------------------------------------------------------------------------
-- rows of the joint projection: from + 1 to from + count
local function rows(w, from, count)
  return w and fn.slice(w, { axis = 1, from = from + 1, to = from + count })
end

local function parts(m, o, q)
  local e = width(q)
  if e % o.heads ~= 0 then
    fail("nn.MultiheadAttention: %d heads do not divide the %d channels of %s", o.heads, e,
      info(q).text)
  end
  local kv = e // o.heads * o.kv_heads
  local all = e + 2 * kv
  local bound = math.sqrt(6 / (e + all))
  local w = kit.parameter(m, "in_proj_weight", { all, e }, { "uniform", -bound, bound }, q)
  local b = o.bias and kit.parameter(m, "in_proj_bias", { all }, { "constant", 0 }, q)
  return w, b, kv
end

-- q, k and v after their projections; equal ones share a product
local function projected(m, o, q, k, v)
  local w, b, kv = parts(m, o, q)
  local e = width(q)
  local function part(x, from, count)
    return fn.linear(x, rows(w, from, count), rows(b, from, count) or nil)
  end
  if rawequal(q, k) and rawequal(k, v) then
    return fn.split(fn.linear(q, w, b or nil), { e, kv, kv }, { axis = 3 })
  end
  if rawequal(k, v) then
    return part(q, 0, e), fn.split(part(k, e, 2 * kv), { kv, kv }, { axis = 3 })
  end
  return part(q, 0, e), part(k, e, kv), part(v, e + kv, kv)
end

-- queries, keys and values: k is q and v is k where they are not given
local function inputs(what, q, k, v)
  q = sequence(what, q)
  k = k ~= nil and sequence(what, k) or q
  v = v ~= nil and sequence(what, v) or k
  for _, x in ipairs { k, v } do
    if width(x) ~= width(q) then
      fail("%s: %s and %s have other numbers of channels: nn.Linear(%d) before it makes them equal",
        what, info(q).text, info(x).text, width(q))
    end
  end
  return q, k, v
end

-- what fn.attention is told: the layer's options, and those of the call
local function told(what, o, given)
  local a = { heads = o.heads, kv_heads = o.kv_heads, causal = o.causal, dropout = o.dropout }
  for _, k in ipairs(util.sorted(given or {})) do
    if k == "heads" or k == "kv_heads" then
      fail("%s: %s stands where the layer is made", what, k)
    end
    a[k] = given[k]
  end
  return a
end

say("nn.MultiheadAttention(8, { dropout = 0, bias = true, causal = false })",
  "Attention of 8 heads with projections before and after. attn(x) attends to itself, attn(x, "
  .. "memory) or attn(q, k, v) to others. A last table has options of fn.attention. kv_heads = 2 "
  .. "shares keys and values among heads.")
function nn.MultiheadAttention(heads, o)
  local what = "nn.MultiheadAttention"
  local spec = { dropout = 0, bias = true, causal = false, kv_heads = util.any, name = util.any }
  heads, o = asked(what, heads, o, spec)
  kit.share(what, o.dropout)
  o.heads, o.kv_heads = heads, util.integer(what, o.kv_heads or heads, 1, "kv_heads, their number")
  local of                          -- the width of q, which the result has, too
  local out = kit.dense(function() return of end, { bias = o.bias, zero = true })
  local l = made("MultiheadAttention", { { "out_proj", out } }, function(l, q, k, v, given)
    if is_options(k) then k, given = nil, k elseif is_options(v) then v, given = nil, v end
    q, k, v = inputs(what, q, k, v)
    of = width(q)
    q, k, v = projected(kit.inside[l], o, q, k, v)
    local y = fn.attention(q, k, v, told(what, o, given))
    kit.outputs[#kit.outputs + 1] = { node = y, layer = l }
    return out(y)
  end, o.name)
  kit.inside[l].owns = { in_proj_weight = true, in_proj_bias = o.bias or nil }
  return l
end

-- ---- blocks -------------------------------------------------------------------------------------
local activations = { relu = fn.relu, gelu = fn.gelu }

local function activation(what, f)
  if type(f) == "function" then return f end
  if activations[f] then return activations[f] end
  fail("%s: activation is \"relu\", \"gelu\" or a function of a tensor, got %s", what, util.show(f))
end

local spec = { dim_feedforward = 2048, dropout = 0.1, activation = util.any, layer_norm_eps = 1e-5,
  norm_first = false, bias = true, causal = false, kv_heads = util.any, name = util.any }

-- The layers of a block in PyTorch's order, by name, and the list; attentions: their names.
local function block(kind, heads, o, attentions)
  local what = "nn." .. kind
  heads, o = asked(what, heads, o, spec)
  local b = { o = o, f = activation(what, o.activation or "relu"), kids = {} }
  local function kid(name, l) b[name], b.kids[#b.kids + 1] = l, { name, l } end
  for i, name in ipairs(attentions) do
    kid(name, nn.MultiheadAttention(heads, { dropout = o.dropout, bias = o.bias,
      kv_heads = o.kv_heads, causal = i == 1 and o.causal }))
  end
  kid("linear1", kit.dense(util.integer(what, o.dim_feedforward, 1, "dim_feedforward"),
    { bias = o.bias }))
  kid("dropout", nn.Dropout(o.dropout))
  kid("linear2", kit.dense(function() return b.width end, { bias = o.bias }))
  for i = 1, #attentions + 1 do
    kid("norm" .. i, nn.LayerNorm { eps = o.layer_norm_eps, bias = o.bias })
  end
  for i = 1, #attentions + 1 do kid("dropout" .. i, nn.Dropout(o.dropout)) end
  return b
end

-- x plus what branch i makes of it, with its norm before or after
local function residual(b, i, x, branch)
  local norm, drop = b["norm" .. i], b["dropout" .. i]
  if b.o.norm_first then return x + drop(branch(norm(x))) end
  return norm(x + drop(branch(x)))
end

local function feedforward(b)
  return function(x) return b.linear2(b.dropout(b.f(b.linear1(x)))) end
end

say("nn.TransformerEncoderLayer(8, { dim_feedforward = 2048, dropout = 0.1, norm_first = false })",
  "PyTorch's block: attention of 8 heads and two linear layers, each with a residual and a norm. "
  .. "Also activation = \"relu\", \"gelu\" or a function, layer_norm_eps = 1e-5, bias = true, "
  .. "causal = false, kv_heads. layer(x, { ... }) passes options of fn.attention.")
function nn.TransformerEncoderLayer(heads, o)
  local what = "nn.TransformerEncoderLayer"
  local b = block("TransformerEncoderLayer", heads, o, { "self_attn" })
  return made("TransformerEncoderLayer", b.kids, function(_, x, given)
    x = sequence(what, x)
    b.width = width(x)
    x = residual(b, 1, x, function(y) return b.self_attn(y, given) end)
    return residual(b, 2, x, feedforward(b))
  end, b.o.name)
end

-- options of the two attentions: memory_NAME is NAME of the second
local function both(given)
  local own, other = {}, {}
  for _, k in ipairs(util.sorted(given or {})) do
    local of_memory = type(k) == "string" and k:match("^memory_(.+)")
    if of_memory then other[of_memory] = given[k] else own[k] = given[k] end
  end
  return own, other
end

say("nn.TransformerDecoderLayer(8, { causal = true, dropout = 0.1 })",
  "As nn.TransformerEncoderLayer, with an attention to memory between: layer(x, memory). In "
  .. "layer(x, memory, { ... }) memory_mask and the like are options of that attention. causal "
  .. "concerns the first.")
function nn.TransformerDecoderLayer(heads, o)
  local what = "nn.TransformerDecoderLayer"
  local b = block("TransformerDecoderLayer", heads, o, { "self_attn", "multihead_attn" })
  return made("TransformerDecoderLayer", b.kids, function(_, x, memory, given)
    if memory == nil then fail("%s: the memory is missing: layer(x, memory)", what) end
    x, memory = sequence(what, x), sequence(what, memory)
    b.width = width(x)
    local own, other = both(given)
    x = residual(b, 1, x, function(y) return b.self_attn(y, own) end)
    x = residual(b, 2, x, function(y) return b.multihead_attn(y, memory, other) end)
    return residual(b, 3, x, feedforward(b))
  end, b.o.name)
end

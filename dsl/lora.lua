-- lora.lua -- low-rank adapters (arXiv 2106.09685): a layer keeps its weights, and the product of
-- two small matrices is added to its result. Rules that freeze or load a layer concern the weights
-- and leave the adapters out.
local core = ...
local util, op, kit = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/nn.lua")
local fn, nn = core.use("dsl/fn.lua").open, kit.open
local say = core.use("dsl/doc.lua").section "layers"
local fail, info = util.fail, core.info
local adapters, kept = {}, {}       -- sets of parameters: the adapters, and the weights below them
local what = "nn.LoRA"

local function check(l)
  local m = kit.is_layer(l) and kit.inside[l]
  if not m or m.kind ~= "Linear" then
    fail("%s: the layer is an nn.Linear, nn.LoRA(nn.Linear(64), { rank = 8 }), got %s", what,
      m and "nn." .. m.kind or util.show(l))
  end
  if m.lora then
    core.fail(what .. ": the layer has adapters already", core.place(), "the layer was made here",
      m.place)
  end
  if #m.order > 0 then
    core.fail(what .. ": the layer was called before it had adapters", core.place(),
      "the layer was made here", m.place)
  end
  return m
end

-- the sum that is added to y = x W^T + b
local function added(m, x, y, o)
  local s = info(x)
  local inputs, outputs = s.dims[s.rank], info(y).dims[info(y).rank]
  local bound = 1 / math.sqrt(inputs)
  local a = kit.parameter(m, "lora_A.weight", { o.rank, inputs }, { "uniform", -bound, bound }, x)
  local b = kit.parameter(m, "lora_B.weight", { outputs, o.rank }, { "constant", 0 }, x)
  adapters[a], adapters[b] = true, true
  if o.dropout > 0 then x = fn.dropout(x, o.dropout) end
  return o.alpha / o.rank * fn.linear(fn.linear(x, a), b)
end

say("nn.LoRA(nn.Linear(64), { rank = 8, alpha = 16, dropout = 0 })",
  "The layer with low-rank adapters, y + alpha / rank (x A^T) B^T. Its own weights are frozen. A "
  .. "rule that freezes or loads a layer leaves the adapters out. alpha is the rank by default.")
function nn.LoRA(l, o)
  local m = check(l)
  o = util.options(what, o, { rank = 8, alpha = util.any, dropout = 0 })
  o.rank = util.integer(what, o.rank, 1, "the rank")
  o.alpha = util.number(what, o.alpha or o.rank, 0, 1e6, "alpha")
  kit.share(what, o.dropout)
  local base = m.forward
  m.lora, m.owns["lora_A.weight"], m.owns["lora_B.weight"] = true, true, true
  m.forward = function(of, x)
    local y = base(of, x)
    for _, name in ipairs { "weight", "bias" } do
      if of.params[name] then kept[of.params[name]] = true end
    end
    return y + added(of, op.tensor(what, x), y, o)
  end
  return l
end

return { adapters = adapters, kept = kept }

-- rotary.lua -- rotary positions: pairs of a head's channels turn by angles that grow with the
-- position.
local core = ...
local util, op, base = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua")
local say = core.use("dsl/doc.lua").section "functions"
local partner = core.use("dsl/ops/rotary.lua")
local fn = base.open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local what = "fn.rotary"

local function check(x, o)
  local s = info(x)
  if s.rank ~= 3 or not s.batch then
    fail("%s: expected [N, positions, channels], got %s", what, s.text)
  end
  if not o.heads then fail("%s: the number of heads is missing, write { heads = 4 }", what) end
  local heads, c = util.integer(what, o.heads, 1, "heads, their number"), s.dims[3]
  if c % heads ~= 0 then
    fail("%s: %d heads do not divide the %d channels of %s", what, heads, c, s.text)
  end
  if c // heads % 2 ~= 0 then
    fail("%s: a head of %s has %d channels, which are no pairs", what, s.text, c // heads)
  end
  if o.layout ~= "half" and o.layout ~= "interleaved" then
    fail("%s: layout is \"half\" or \"interleaved\", got %s", what, util.show(o.layout))
  end
  util.number(what, o.base, 1e-30, 1e30, "base")
  return heads
end

-- cosine and sine for each position and channel of a head; the first of a pair has the sine's
-- negative
local function turns(t, d, o)
  local halves = o.layout == "half"
  local j = fn.arange(halves and d // 2 or d)
  local pair = halves and j or call.floor_divide(j, core.const(2))
  local second = halves and call.reshape(fn.arange(2), { dims = { 2, 1 } })
    or call.remainder(j, core.const(2))
  local speed = call.pow(core.const(o.base), call.mul(pair, core.const(-2 / d)))
  local angle = call.mul(call.reshape(fn.arange(t), { dims = { t, 1, 1, 1 } }), speed)
  local sign = call.sub(call.mul(second, core.const(2)), core.const(1))
  return call.cos(angle), call.mul(call.sin(angle), sign)
end

say("fn.rotary(x, { heads = 4, base = 10000, layout = \"half\" })",
  "Rotary positions: pairs of a head's channels, [N, positions, channels], turn by the position "
  .. "times base^(-2 i / channels). layout = \"half\" pairs channel i with the one half a head "
  .. "away (GPT-NeoX, Llama in transformers), \"interleaved\" with its neighbour (GPT-J, "
  .. "torchtune).")
function fn.rotary(x, o)
  x = tensor(what, x)
  o = options(what, o, { heads = util.any, base = 10000, layout = "half" })
  local heads, s = check(x, o), info(x)
  local n, t, c = table.unpack(s.dims)
  local d, halves = c // heads, o.layout == "half" and 2 or 1
  local cos, sin = turns(t, d, o)
  x = call.reshape(x, { dims = { n, t, heads, halves, d // halves }, batch = true })
  local y = call.rotary(x, call.detach(partner(x)), cos, sin)
  return call.reshape(y, { dims = s.dims, batch = true })
end

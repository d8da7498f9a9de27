-- attention.lua -- attention over the rows of a sequence.
local core = ...
local util, op, base = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua")
local say = core.use("dsl/doc.lua").section "functions"
local fn = base.open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local what = "fn.attention"

local spec = { heads = util.any, kv_heads = util.any, causal = false, scale = util.any,
  window = util.any, softcap = util.any }

local function sequence(name, x)
  x = tensor(what .. ": " .. name, x)
  local s = info(x)
  if s.rank ~= 3 or not s.batch then
    fail("%s: %s is [N, positions, channels], got %s", what, name, s.text)
  end
  return x
end

local function divided(name, x, heads)
  local c = info(x).dims[3]
  if c % heads ~= 0 then
    fail("%s: %d heads do not divide the %d channels of %s %s", what, heads, c, name, info(x).text)
  end
  return c // heads
end

local function check(q, k, v, o)
  local each, d = divided("q", q, o.heads), divided("k", k, o.kv_heads)
  divided("v", v, o.kv_heads)
  if o.heads % o.kv_heads ~= 0 then
    fail("%s: kv_heads = %d must divide heads = %d, so that heads share keys evenly", what,
      o.kv_heads, o.heads)
  end
  if each ~= d then
    fail("%s: a head has %d channels in q %s and %d in k %s: they must be equal", what, each,
      info(q).text, d, info(k).text)
  end
  if info(k).dims[2] ~= info(v).dims[2] then
    fail("%s: k %s and v %s have other numbers of positions", what, info(k).text, info(v).text)
  end
  return each
end

-- q, k and v are the thirds of one tensor
local function thirds(x)
  x = sequence("qkv", x)
  if info(x).dims[3] % 3 ~= 0 then
    fail("%s: the channels of qkv %s are no multiple of 3", what, info(x).text)
  end
  return fn.chunk(x, 3, { axis = 3 })
end

-- what the ops take as numbers; 0: the option is not given
local function attributes(o, each, positions)
  local a = { heads = o.heads, kv_heads = o.kv_heads, causal = o.causal and 1 or 0,
    scale = util.number(what, o.scale or 1 / math.sqrt(each), -1e30, 1e30, "scale") }
  a.window = o.window and util.integer(what, o.window, 1, "window, keys that a query sees") or 0
  a.window = math.min(a.window, positions)
  a.softcap = o.softcap and util.number(what, o.softcap, 1e-30, 1e30, "softcap") or 0
  return a
end

local function is_options(x) return type(x) == "table" and not getmetatable(x) end

say("fn.attention(q, k, v, { heads = 4, causal = true })",
  "Attention of each head, softmax(q k' / sqrt(channels)) v.")
function fn.attention(q, k, v, o)
  if is_options(k) then
    o, q, k, v = k, thirds(q)
  end
  if v == nil or is_options(v) then
    fail("%s: q, k and v are three tensors, or one that holds all: %s(q, k, v, { heads = 4 })",
      what, what)
  end
  q, k, v, o = sequence("q", q), sequence("k", k), sequence("v", v), options(what, o, spec)
  if not o.heads then fail("%s: the number of heads is missing, write { heads = 4 }", what) end
  o.heads = util.integer(what, o.heads, 1, "heads, their number")
  o.kv_heads = util.integer(what, o.kv_heads or o.heads, 1, "kv_heads, their number")
  local a = attributes(o, check(q, k, v, o), info(q).dims[2] + info(k).dims[2])
  return call.attention(q, k, v, call.attention_rows(q, k, v, a), a)
end

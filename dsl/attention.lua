-- attention.lua -- attention over the rows of a sequence.
local core = ...
local util, op, base = core.use("dsl/util.lua"), core.use("dsl/op.lua"), core.use("dsl/fn.lua")
local say = core.use("dsl/doc.lua").section "functions"
local fn = base.open
local call, info, tensor, fail, options = op.call, core.info, op.tensor, util.fail, util.options
local what, tensors = "fn.attention", core.use("dsl/ops/attention.lua").tensors

local spec = { heads = util.any, kv_heads = util.any, causal = false, scale = util.any,
  window = util.any, softcap = util.any, lengths = util.any, mask = util.any,
  documents = util.any, dropout = 0,
  bias = util.any, score = util.any }

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

-- the number of the map that makes a score of a score, two positions and a head; 0: none
local function formula(f)
  if f == nil then return 0 end
  local t = op.formulas[f]
  if not t or t.noise then
    fail("%s: score is a map, map { name = \"alibi\", args = { \"s\", \"i\", \"j\", \"h\" }, "
      .. "value = ..., grad = { s = ... } }, got %s", what, util.show(f))
  end
  if #t.args > 4 then
    fail("%s: score: map '%s' has %d arguments; a score has four: its product, the positions of "
      .. "query and key, the head", what, t.name, #t.args)
  end
  if not t.grad or not t.grad[t.args[1]] then
    fail("%s: score: map '%s' has no grad for '%s': write grad = { %s = \"gy\" } where the score "
      .. "is %s and more", what, t.name, t.args[1], t.args[1], t.args[1])
  end
  return t.number
end

-- what the ops take as numbers; 0: the option is not given
local function attributes(o, each, positions)
  local a = { heads = o.heads, kv_heads = o.kv_heads, causal = o.causal and 1 or 0,
    scale = util.number(what, o.scale or 1 / math.sqrt(each), -1e30, 1e30, "scale") }
  a.window = o.window and util.integer(what, o.window, 1, "window, keys that a query sees") or 0
  a.window = math.min(a.window, positions)
  a.softcap = o.softcap and util.number(what, o.softcap, 1e-30, 1e30, "softcap") or 0
  a.drop = util.number(what, o.dropout, 0, 1, "dropout, a probability")
  if a.drop == 1 then fail("%s: dropout = 1 would drop everything; it is below 1", what) end
  a.score = formula(o.score)
  o.noise = a.drop > 0 or nil
  return a
end

-- ---- options that are tensors: each returns its value as the op takes it ----
local as = {}

function as.bias(x, s)
  local of, n = info(x), s.queries + s.keys - 1
  if of.batch or of.rank ~= 2 or of.dims[1] ~= s.heads or of.dims[2] ~= n then
    fail("%s: bias has a number for each head and distance, [heads, queries + keys - 1], here "
      .. "[%d, %d], got %s", what, s.heads, n, of.text)
  end
  return x
end

local function shown(dims, batch)
  local t = {}
  for i, d in ipairs(dims) do t[i] = i == 1 and batch and "N" or tostring(d) end
  return "[" .. table.concat(t, ", ") .. "]"
end

function as.lengths(x, s)
  local of = info(x)
  if of.rank ~= 1 or not of.batch then
    fail("%s: lengths is a number of each sample, [N], got %s", what, of.text)
  end
  if of.classes > s.keys + 1 then
    fail("%s: lengths go up to %d, and k has %d positions: state classes = %d", what,
      of.classes - 1, s.keys, s.keys + 1)
  end
  return call.reshape(x, { dims = { 0, 1, 1, 1 }, batch = true })
end

-- A mask has the last axes of [N, heads, queries, keys], each whole or 1; [N, keys] has no queries.
function as.mask(x, s)
  local of, all = info(x), { s.heads, s.queries, s.keys }
  local dims = table.move(of.dims, 1, of.rank, 1, {})
  if of.batch then table.remove(dims, 1) end
  local good = #dims >= 1 and #dims <= (of.batch and 3 or 4)
  while #dims < 3 do table.insert(dims, 1, 1) end
  for a = 1, 3 do good = good and (dims[a] == 1 or dims[a] == all[a]) end
  if not good then
    fail("%s: a mask is [N, keys], [N, queries, keys] or [N, heads, queries, keys], here %s, got "
      .. "%s", what, shown({ 0, s.heads, s.queries, s.keys }, true), of.text)
  end
  table.insert(dims, 1, of.batch and 0 or 1)
  return call.reshape(x, { dims = dims, batch = of.batch })
end

function as.documents(x, s)
  local of = info(x)
  if s.queries ~= s.keys then
    fail("%s: documents need as many queries as keys, here %d and %d: write a mask", what,
      s.queries, s.keys)
  end
  if of.rank ~= 2 or not of.batch or of.dims[2] ~= s.keys then
    fail("%s: documents has a number for each position, [N, %d], got %s", what, s.keys, of.text)
  end
  return x
end

-- draws for each head, query and key
function as.noise(_, s)
  if s.heads * s.queries * s.keys >= 1 << 31 then
    fail("%s: dropout numbers each of %d * %d * %d weights, which an int cannot count", what,
      s.heads, s.queries, s.keys)
  end
  return op.draw { s.heads, s.queries, s.keys }
end

-- those that are given, in the order of the op, and their bits
local function given(o, sizes)
  local list, bits = {}, 0
  for i, name in ipairs(tensors) do
    if o[name] ~= nil then
      local x = name ~= "noise" and tensor(what .. ": " .. name, o[name])
      list[#list + 1] = as[name](x, sizes)
      bits = bits | 1 << (i - 1)
    end
  end
  return list, bits
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
  local sizes = { heads = o.heads, queries = info(q).dims[2], keys = info(k).dims[2] }
  local a, args = attributes(o, check(q, k, v, o), sizes.queries + sizes.keys), { q, k, v }
  local list, bits = given(o, sizes)
  table.move(list, 1, #list, 4, args)
  a.given, args[#args + 1] = bits, a
  args[#args] = call.attention_rows(table.unpack(args))
  args[#args + 1] = a
  return call.attention(table.unpack(args))
end

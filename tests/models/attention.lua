-- Attention by itself, or, by = "hand", written out of products and a softmax.
local T, S, C = option("t", 16), option("s", 0), option("dim", 32)
local heads, kv, causal = option("heads", 2), option("kv", 2), option("causal", false)
local window, softcap, dropout = option("window", 0), option("softcap", 0), option("dropout", 0)
if S == 0 then S = T end
local lengths, mask, documents = option("lengths", false), option("mask", false), option("documents", false)
local columns = { x = { "x.npy", T, C }, m = { "m.npy", S, C }, t = { "t.npy", T, C } }
if lengths then columns.n = { "n.npy", classes = S + 1 } end
if mask then columns.may = { "may.npy", S, classes = 2 } end
if documents then columns.doc = { "doc.npy", S, classes = 3 } end
local d = data.npy { "rows", shuffle = false, columns = columns }
local q, k, v, o = nn.Linear(C), nn.Linear(C // heads * kv), nn.Linear(C // heads * kv), nn.Linear(C)

local function split(x, n, positions)
  x = fn.permute(fn.reshape(x, positions, n, C // heads), 1, 3, 2, 4)
  local all = {}
  for i = 1, n do
    for _ = 1, heads // n do all[#all + 1] = fn.slice(x, { axis = 2, from = i, to = i }) end
  end
  if #all == 1 then return all[1] end
  all[#all + 1] = { axis = 2 }
  return fn.concat(table.unpack(all))
end

local function by_hand(q, k, v, causal)
  q, k, v = split(q, heads, T), split(k, kv, S), split(v, kv, S)
  local s = fn.matmul(q, fn.transpose(k, 3, 4)) / math.sqrt(C // heads)
  local i, j = fn.reshape(fn.arange(T), T, 1), fn.reshape(fn.arange(S), 1, S)
  if softcap > 0 then s = softcap * fn.tanh(s / softcap) end
  if causal then s = s + fn.where(fn.le(j, i), 0, -1e30) end
  if window > 0 then s = s + fn.where(fn.lt(fn.abs(i - j), window), 0, -1e30) end
  if lengths then s = s + fn.where(fn.lt(j, fn.reshape(d.n, 1, 1, 1)), 0, -1e30) end
  if mask then s = s + fn.where(fn.reshape(d.may, 1, 1, S), 0, -1e30) end
  if documents then s = s + fn.where(fn.eq(fn.reshape(d.doc, 1, T, 1), fn.reshape(d.doc, 1, 1, T)), 0, -1e30) end
  local p = fn.softmax(s, { axis = -1 })
  if dropout > 0 then p = fn.dropout(p, dropout) end
  return fn.reshape(fn.permute(fn.matmul(p, v), 1, 3, 2, 4), T, C)
end

local a, b, c = q(d.x), k(d.m), v(d.m)

local function attend(causal)
  if option("by", "fused") == "hand" then return by_hand(a, b, c, causal) end
  return fn.attention(a, b, c, { heads = heads, kv_heads = kv, causal = causal,
    window = window > 0 and window or nil, softcap = softcap > 0 and softcap or nil, dropout = dropout,
    lengths = lengths and d.n or nil, mask = mask and d.may or nil, documents = documents and d.doc or nil })
end
local y = attend(causal)
if option("twice", false) then y = y + attend(not causal) end
train { data = d, micro_batch = option("micro_batch", 3), accumulate = option("accumulate", 2), steps = 5, minimize = fn.mse(o(y), d.t),
  optim = optim.SGD { lr = 0.1 }, ema = dropout > 0 and 0.5 or nil, rules = option("frozen", "") == "" and {} or { { ({ q = q, k = k, v = v })[option("frozen", "")], freeze = true } } }

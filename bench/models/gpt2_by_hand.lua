-- GPT-2 124M, its attention written out of products and a softmax. Smaller ones: -D vocab=256 -D layers=4 -D dim=128 -D heads=4 -D t=64.
local V, T = option("vocab", 50304), option("t", 1024)
local L, H, D = option("layers", 12), option("heads", 12), option("dim", 768)
local text = data.raw { "tok", shuffle = false, columns = { x = { "x.bin", T, classes = V, type = "int32" }, y = { "y.bin", T, classes = V, type = "int32" } } }
local i = fn.arange(T)
local mask = fn.where(fn.le(fn.reshape(i, 1, T), fn.reshape(i, T, 1)), 0, -1e30)
local function heads(x) return fn.permute(fn.reshape(x, T, H, D // H), 1, 3, 2, 4) end
local function Block()
  return nn.Module {
    ln1 = nn.LayerNorm(), qkv = nn.Linear(3 * D), proj = nn.Linear(D),
    ln2 = nn.LayerNorm(), fc = nn.Linear(4 * D), fcp = nn.Linear(D),
    forward = function(b, x)
      local q, k, v = fn.chunk(b.qkv(b.ln1(x)), 3, { axis = 3 })
      q, k, v = heads(q), heads(k), heads(v)
      local a = fn.softmax(fn.matmul(q, fn.transpose(k, 3, 4)) * (1 / math.sqrt(D // H)) + mask, { axis = -1 })
      local y = fn.reshape(fn.permute(fn.matmul(a, v), 1, 3, 2, 4), T, D)
      x = x + b.proj(y)
      return x + b.fcp(fn.gelu(b.fc(b.ln2(x)), { approximate = "tanh" }))
    end }
end
local wte = nn.Embedding(V, D)
local wpe = nn.Parameter(T, D, { init = { normal = 0.02 } })
local h, lnf = nn.Repeat(L, Block), nn.LayerNorm()
local x = lnf(h(wte(text.x) + wpe))
local logits = fn.linear(x, wte.weight)
local loss = fn.cross_entropy(logits, text.y)
train { data = text, micro_batch = option("mb", 8), accumulate = option("k", 4), steps = 60, minimize = loss,
  optim = optim.AdamW { lr = 3e-4, weight_decay = 0.1 },
  rules = { { function(p) return #p.shape >= 2 end, init = { normal = 0.02 } } } }

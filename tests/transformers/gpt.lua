-- gpt.lua -- a small GPT: rotary positions, heads that share keys, SwiGLU, RMSNorm and a tied head
local V, T, D, H, KV = 13, 9, 12, 6, 2
local text = data.raw { "rows", shuffle = false, columns = { x = { "x.bin", T, classes = V }, y = { "y.bin", T, classes = V } } }

local function SwiGLU(hidden)
  return nn.Module {
    gate = nn.Linear(hidden, { bias = false }), up = nn.Linear(hidden, { bias = false }), down = nn.Linear(D, { bias = false }),
    forward = function(m, x) return m.down(fn.silu(m.gate(x)) * m.up(x)) end }
end

local function Block()
  local each = D // H
  return nn.Module {
    norm1 = nn.RMSNorm { eps = 1e-5 }, qkv = nn.Linear(D + 2 * KV * each), proj = nn.Linear(D),
    norm2 = nn.RMSNorm { eps = 1e-5 }, mlp = SwiGLU(10),
    forward = function(b, x)
      local q, k, v = fn.split(b.qkv(b.norm1(x)), { D, KV * each, KV * each }, { axis = 3 })
      q, k = fn.rotary(q, { heads = H }), fn.rotary(k, { heads = KV })
      x = x + b.proj(fn.attention(q, k, v, { heads = H, kv_heads = KV, causal = true }))
      return x + b.mlp(b.norm2(x))
    end }
end

local wte, h, norm = nn.Embedding(V, D), nn.Repeat(2, Block), nn.RMSNorm { eps = 1e-5 }
local logits = fn.linear(norm(h(wte(text.x))), wte.weight)
train { data = text, batch = 32, micro_batch = 8, tail = "step", steps = 50, minimize = fn.cross_entropy(logits, text.y),
  optim = optim.AdamW { lr = 1e-2, weight_decay = 0.1, clip = 0.5 } }

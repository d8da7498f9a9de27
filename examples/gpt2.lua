-- gpt2.lua -- trains GPT-2 of the hub on, with its own weights.                   gagen run examples/gpt2.lua -- --load DIR --key gpt2
-- DIR has model.safetensors of transformers' GPT-2; data/text.bin has token ids as uint16, as nanoGPT and llm.c write them.
--   ... -- --load DIR --key gpt2 --sample 15496,11 --tokens 50            continues a text without training
--   ... -- --load own.st --export model.safetensors --key gpt2           writes what --save wrote for transformers
-- Logits are transformers' to 1e-4 (tests/hub.t), and in C the program needs 2.7 GiB. The names are the hub's: by them
-- files find their places. -D layers=24 -D width=1024 -D heads=16 is GPT-2 medium.
local L, D, H, T, V = option("layers", 12), option("width", 768), option("heads", 12), option("length", 256), 50257
local text = data.tokens { option("data", "data/text.bin"), classes = V, length = T, valid = 0.05, order = "random" }

local function Block()
  return nn.Module {
    ln_1 = nn.LayerNorm(), ln_2 = nn.LayerNorm(),
    attn = nn.Module { c_attn = nn.Linear(3 * D), c_proj = nn.Linear(D),
      forward = function(a, x) return a.c_proj(fn.attention(a.c_attn(x), { heads = H, causal = true })) end },
    mlp = nn.Module { c_fc = nn.Linear(4 * D), c_proj = nn.Linear(D),
      forward = function(m, x) return m.c_proj(fn.gelu(m.c_fc(x), { approximate = "tanh" })) end },
    forward = function(b, x)
      x = x + b.attn(b.ln_1(x))
      return x + b.mlp(b.ln_2(x))
    end }
end

local wte, wpe, h, ln_f = nn.Embedding(V, D), nn.Parameter(1024, D, { init = { normal = 0.02 } }), nn.Repeat(L, Block), nn.LayerNorm()
local x = wte(text.x) + fn.slice(wpe, { axis = 1, to = T })
local logits = fn.linear(ln_f(h(x)), wte.weight)                          -- [N, T, 50257]; the head is the table itself

train {
  data     = text, batch = 16, micro_batch = 2, epochs = 1,
  minimize = fn.cross_entropy(logits, text.y),
  optim    = optim.AdamW { lr = optim.wsd { 5e-5, warmup = 20, decay = 0.2 }, weight_decay = 0.1, clip = 1 },
  rules    = { { wte, init = { normal = 0.02 } } },
  predict  = { next = logits },
}

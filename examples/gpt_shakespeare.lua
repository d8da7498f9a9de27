-- gpt_shakespeare.lua -- a small GPT that writes like Shakespeare, a character at a time.
-- sh examples/fetch-shakespeare.sh; gagen run examples/gpt_shakespeare.lua -- --save gpt.st
-- 5 epochs take 753 s of one thread; the loss of the last tenth of the text comes to 1.505 nats a character. Then
-- gagen run examples/gpt_shakespeare.lua -- --load gpt.st.best --sample "ROMEO:" --tokens 500 --temperature 0.8
local T, D = 128, 128
local text = data.tokens { option("data", "data/shakespeare.txt"), chars = 65, length = T, valid = 0.1, order = "random" }

local function Block()
  return nn.Module {
    norm1 = nn.RMSNorm(), qkv = nn.Linear(3 * D, { bias = false }), proj = nn.Linear(D, { bias = false }),
    norm2 = nn.RMSNorm(), gate = nn.Linear(352, { bias = false }), up = nn.Linear(352, { bias = false }),
    down = nn.Linear(D, { bias = false }),
    forward = function(b, x)
      local q, k, v = fn.chunk(b.qkv(b.norm1(x)), 3, { axis = 3 })
      q, k = fn.rotary(q, { heads = 4 }), fn.rotary(k, { heads = 4 })
      x = x + b.proj(fn.attention(q, k, v, { heads = 4, causal = true }))
      local y = b.norm2(x)
      return x + b.down(fn.silu(b.gate(y)) * b.up(y))                     -- SwiGLU
    end }
end

local wte, blocks, norm = nn.Embedding(65, D), nn.Repeat(4, Block), nn.RMSNorm()
local logits = fn.linear(norm(blocks(wte(text.x))), wte.weight)           -- [N, 128, 65]; the head is the table itself
local loss   = fn.cross_entropy(logits, text.y)

train {
  data     = text, batch = 16, micro_batch = 8, epochs = 5,
  minimize = loss,
  optim    = optim.AdamW { lr = optim.cosine { 3e-3, warmup = 100 }, weight_decay = 0.1, clip = 1 },
  rules    = { { wte, init = { normal = 0.02 } } },
  predict  = { next = logits }, sample = { "ROMEO:", tokens = 100, temperature = 0.8 },
}

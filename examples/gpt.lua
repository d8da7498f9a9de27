-- gpt.lua -- the next byte of a text, by a small GPT.                                            gagen run examples/gpt.lua
-- data/text.bin is any text, cut to records of 128 bytes: head -c $(($(wc -c < book.txt) / 128 * 128)) book.txt > data/text.bin
-- On 450 kB of this project's documentation the loss comes to 2.5 nats a byte in one epoch.
local T, D = 128, 128
local text = data.raw { option("data", "data/text.bin"), record = T, valid = 0.05, test = 0.05,
  columns = { bytes = { 1, T, classes = 256, type = "uint8" } } }
local seen, next_ = fn.slice(text.bytes, { axis = 2, to = T - 1 }), fn.slice(text.bytes, { axis = 2, from = 2 })

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

local wte, blocks, norm = nn.Embedding(256, D), nn.Repeat(4, Block), nn.RMSNorm()
local logits = fn.linear(norm(blocks(wte(seen))), wte.weight)             -- [N, 127, 256]; the head is the table itself
local loss   = fn.cross_entropy(logits, next_)

train {
  data     = text, batch = 32, micro_batch = 8, epochs = 10,
  minimize = loss,
  optim    = optim.AdamW { lr = optim.cosine { 3e-3, warmup = 100 }, weight_decay = 0.1, clip = 1 },
  rules    = { { wte, init = { normal = 0.02 } } },
  report   = { perplexity = fn.exp(loss), accuracy = fn.accuracy(logits, next_) },
}

-- sample.lua -- a causal model of letters, or of ids, that continues prompts.
local T, V, ids = 8, 6, option("ids", false)
local text = ids and data.tokens { option("data", "text"), classes = V, length = T, valid = 0.2 }
  or data.tokens { option("data", "text"), chars = V, length = T, valid = 0.2 }
local table_, places = nn.Embedding(V, 8), nn.Parameter(T, 8, { init = 0.5 })
local attention, head = nn.MultiheadAttention(2), nn.Linear(V)
local x      = table_(text.x) + places
local logits = head(x + attention(x, { causal = true }))
local loss   = fn.cross_entropy(logits, text.y)

local able = option("able", true)
train {
  data = text, batch = 8, micro_batch = option("micro_batch", 4), epochs = 3,
  minimize = loss, optim = optim.AdamW { lr = 1e-2 },
  rules = { { head, init = { normal = 0.5 } } },
  predict = able and { next = logits } or {},
  sample = able and { option("prompt", ids and "1,2" or "ab"), tokens = 5, temperature = 0.5 } or nil,
}

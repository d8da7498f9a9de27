-- seq2seq.lua -- an encoder, and a decoder that attends to it; 0 in the target is no token
local V, W, S, T, D, H = 11, 7, 5, 6, 12, 3
local pairs_ = data.raw { "rows", shuffle = false, columns = { from = { "from.bin", S, classes = V }, into = { "into.bin", T, classes = W },
  next = { "next.bin", T, classes = W } } }
local source, target = nn.Embedding(V, D), nn.Embedding(W, D)
local at, to = nn.Parameter(S, D, { init = { normal = 0.02 } }), nn.Parameter(T, D, { init = { normal = 0.02 } })
local encoder = nn.TransformerEncoderLayer(H, { dim_feedforward = 10, dropout = 0, activation = "gelu" })
local decoder = nn.TransformerDecoderLayer(H, { dim_feedforward = 10, dropout = 0, norm_first = true })
local head = nn.Linear(W)
local memory = encoder(source(pairs_.from) + at)
local logits = head(decoder(target(pairs_.into) + to, memory, { causal = true }))
train { data = pairs_, batch = 32, micro_batch = 8, tail = "step", steps = 50,
  minimize = fn.cross_entropy(logits, pairs_.next, { ignore_index = 0 }), optim = optim.Adam { lr = 1e-2 } }

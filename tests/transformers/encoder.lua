-- encoder.lua -- sequences of several lengths; the mean of those positions that are there is classified
local V, T, D, H, CLASSES = 11, 7, 12, 2, 5
local rows = data.raw { "rows", shuffle = false, columns = { x = { "x.bin", T, classes = V }, n = { "n.bin", classes = T + 1 },
  label = { "label.bin", classes = CLASSES } } }
local n = fn.max(rows.n, 1)
local there = fn.lt(fn.reshape(fn.arange(T), T, 1), fn.reshape(n, 1, 1))      -- [N, T, 1], 1 or 0
local emb, at = nn.Embedding(V, D), nn.Parameter(T, D, { init = { normal = 0.02 } })
local layers = nn.Repeat(2, function() return nn.TransformerEncoderLayer(H, { dim_feedforward = 10, dropout = 0 }) end)
local head = nn.Linear(CLASSES)
local y = layers(emb(rows.x) + at, { lengths = n })
local logits = head(fn.sum(y * there, { axis = 2 }) / fn.reshape(n, 1))
train { data = rows, batch = 32, micro_batch = 8, tail = "step", steps = 50, minimize = fn.cross_entropy(logits, rows.label),
  optim = optim.SGD { lr = 0.05, momentum = 0.9 } }

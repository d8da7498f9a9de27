-- classify.lua -- sequences of several lengths through an LSTM in two directions, a GRU and an RNN; the last values are classified
local V, T, CLASSES = 11, 7, 5
local rows = data.raw { "rows", shuffle = false, columns = { x = { "x.bin", T, classes = V }, n = { "n.bin", classes = T + 1 },
  label = { "label.bin", classes = CLASSES } } }
local n = fn.max(rows.n, 1)
local emb, lstm, gru, rnn, head = nn.Embedding(V, 6), nn.LSTM(5, { bidirectional = true, proj_size = 3 }), nn.GRU(4, { num_layers = 2 }), nn.RNN(4),
  nn.Linear(CLASSES)
local y, _, c = lstm(emb(rows.x), { lengths = n })
local _, h = rnn((gru(y, { lengths = n })), { lengths = n })
local logits = head(fn.concat(fn.flatten(h), fn.flatten(c), { axis = 2 }))
train { data = rows, batch = 32, micro_batch = 8, tail = "step", steps = 50, minimize = fn.cross_entropy(logits, rows.label),
  optim = optim.Adam { lr = 0.01 } }

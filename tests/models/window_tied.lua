-- window_tied.lua -- one layer used twice in a row; -D micro_batch=M
local rows  = data.idx { "rows_64", image = {16}, type = "float32", classes = 6, shuffle = false }
local layer = nn.Linear(16)
local head  = nn.Linear(6)
local h     = fn.tanh(layer(fn.tanh(layer(rows.image))))

train {
  data     = rows, batch = 64, micro_batch = option("micro_batch", 16), steps = 1,
  minimize = fn.cross_entropy(head(h), rows.label),
  optim    = optim.SGD { lr = 0.5 },
}

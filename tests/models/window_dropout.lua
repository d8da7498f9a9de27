-- window_dropout.lua -- noise is the sample's own, however 64 rows are split: -D micro_batch=M
local rows = data.idx { "rows_64", image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Dropout(0.1), nn.Linear(6) }

train {
  data     = rows, batch = 64, micro_batch = option("micro_batch", 16), steps = 1,
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = 0.5 },
}

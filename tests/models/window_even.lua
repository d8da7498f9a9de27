-- window_even.lua -- 1024 rows in one window; -D micro_batch=M splits them
local rows = data.idx { "rows_1024", image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }

train {
  data     = rows, batch = 1024, micro_batch = option("micro_batch", 1024), steps = 1,
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = 0.5 },
}

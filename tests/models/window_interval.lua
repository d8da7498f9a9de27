-- window_interval.lua -- 980 rows and 23 to validate, in windows of -D accumulate=K micro-batches of 8, or of a schedule
local rows = data.idx { "rows_1003", image = {16}, type = "float32", classes = 6, shuffle = false, valid = 23 }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }
local from = option("from", "10 updates")

train {
  data     = rows, tokens = rows.image, micro_batch = 8, accumulate = { [0] = 2, [from] = option("k", 8), }, epochs = 2,
  validate = "5 updates", log = "2 updates", checkpoint = "1000 samples",
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = 0.1 },
}

-- window_tail.lua -- 80 or 77 rows, windows of 4 x 8, two epochs; -D rows=77, -D tail=drop
local rows = data.idx { "rows_" .. option("rows", 80), image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }

train {
  data     = rows, micro_batch = 8, accumulate = 4, epochs = 2, tail = option("tail", "step"),
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = 0.5 },
}

-- window_adamw.lua -- 200 updates of 64 rows; -D micro_batch=8 splits each
local rows = data.idx { "rows_1024", image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }

train {
  data     = rows, batch = 64, micro_batch = option("micro_batch", 64), steps = 200,
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.AdamW { lr = 1e-3, weight_decay = 0.01 },
}

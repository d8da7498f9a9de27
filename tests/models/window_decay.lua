-- window_decay.lua -- decay without gradient over windows of 16 micro-batches
local rows = data.idx { "rows_zero", image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Linear(1, { bias = false })

train {
  data     = rows, batch = 16, micro_batch = option("micro_batch", 1), steps = 3,
  minimize = fn.sum(net(rows.image)),
  optim    = optim.AdamW { lr = 0.1, weight_decay = 0.01 },
}

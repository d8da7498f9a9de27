-- window_norm.lua -- gradients (2, 0) and (0, 2) in one window; the log has the norm of their mean
local rows = data.csv { "clip.csv", shuffle = false, columns = { g = "1-2" } }
local net  = nn.Linear(1, { bias = false })

train {
  data     = rows, batch = 2, micro_batch = option("micro_batch", 1), steps = 1,
  minimize = fn.mean(net(rows.g)), report = { grad_norm = true },
  optim    = optim.SGD { lr = 1 },
}

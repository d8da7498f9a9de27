-- window_clip.lua -- gradients (2, 0) and (0, 2) in one window, in sum form; -D micro_batch=1 is two micro-batches
local rows = data.csv { "clip.csv", shuffle = false, columns = { g = "1-2" } }
local net  = nn.Linear(1, { bias = false })

train {
  data     = rows, batch = 2, micro_batch = option("micro_batch", 1), steps = 1,
  minimize = fn.sum(net(rows.g)),
  optim    = optim.SGD { lr = 1, clip = 1 },
}

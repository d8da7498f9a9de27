-- window_noise.lua -- the gradient of column n is row n's dropout mask times 1 / (1 - p)
local rows = data.csv { "onehot.csv", shuffle = false, columns = { one = "1-64" } }
local net  = nn.Sequential { nn.Linear(512, { bias = false }), nn.Dropout(0.1) }

train {
  data     = rows, batch = 64, micro_batch = 16, steps = 1,
  minimize = fn.sum(net(rows.one)),
  optim    = optim.SGD { lr = 0.5 },
}

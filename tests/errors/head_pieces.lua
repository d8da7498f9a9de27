local data = data.csv { "d.csv", columns = { x = "1-4", y = "5" } }
local net  = nn.Linear(1)

train {
  batch = 64, micro_batch = 8,
  head_pieces = 0,
  data     = data, epochs = 1,
  minimize = fn.mse(net(data.x), data.y), optim = optim.SGD { lr = 0.1 },
}

local data = data.csv { "d.csv", columns = { x = "1-4", y = "5" } }
local net  = nn.Sequential { nn.Linear(3), nn.BatchNorm { stats = "running" }, nn.Linear(1) }

train {
  batch = 64,
  data     = data, epochs = 1,
  minimize = fn.mse(net(data.x), data.y), optim = optim.SGD { lr = 0.1 },
}

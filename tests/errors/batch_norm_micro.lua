local d = data.npy { "data", columns = { x = { "x.npy", 3 }, y = { "y.npy" } } }
local net = nn.Sequential { nn.Linear(4), nn.BatchNorm(), nn.ReLU(), nn.Linear(1) }
train {
  data = d, batch = 20, epochs = 200, minimize = fn.mse(fn.sum(net(d.x), { axis = 2 }), d.y), optim = optim.SGD { lr = 0.01 },
  micro_batch = 1,
}

local d = data.npy { "data", columns = { x = { "x.npy", 3, 2, 2 }, y = { "y.npy", 4, 1, 1 } } }
local net = nn.Sequential { nn.Conv2d(4, 2), nn.BatchNorm { stats = "pooled" } }
train { data = d, batch = 20, accumulate = 20, epochs = 1, minimize = fn.mse(net(d.x), d.y), optim = optim.SGD { lr = 0.01 } }

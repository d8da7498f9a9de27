local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
local loss = fn.sum(net(set.x) * set.m) / fn.sum(set.m)
train { data = set, batch = 8, micro_batch = 4, count = "before", epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 },
  report = { noise_scale = true } }

local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
local loss = fn.mean(net(set.x))
train { data = set, batch = 8, micro_batch = 4, nonfinite = "drop_micro", epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 },
  report = { noise_scale = true } }

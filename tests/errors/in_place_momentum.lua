local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
train { data = set, batch = 8, micro_batch = 2, epochs = 1,
  minimize = fn.mean(net(set.x)), optim = optim.SGD { lr = 0.1, momentum = 0, accumulate_in = "momentum" } }

local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
local other = nn.Linear(1)
train { data = set, batch = 8, micro_batch = 2, epochs = 1,
  step { name = "a", minimize = fn.mean(net(set.x)), params = net, optim = optim.SGD { lr = 0.1, momentum = 0.9, accumulate_in = "momentum" } },
  step { name = "b", minimize = fn.mean(other(set.x)), params = other, optim = optim.SGD { lr = 0.1 } } }

local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
train { data = set, micro_batch = 8, epochs = 4, minimize = fn.cross_entropy(net(set.image), set.label),
  accumulate = { [0] = 2, ["4096 tokens"] = 8 },
  optim = optim.SGD { lr = 0.1 } }

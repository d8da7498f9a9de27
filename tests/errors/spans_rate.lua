-- a rate in epochs where epochs have no one number of updates
local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
train { data = set, micro_batch = 8, epochs = 4, minimize = fn.cross_entropy(net(set.image), set.label),
  accumulate = { [0] = 2, ["1 epoch"] = 8 },
  optim = optim.SGD { lr = optim.cosine { 0.1, warmup = "1 epoch" } } }

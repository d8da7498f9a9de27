local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local long = fn.sum(fn.gt(fn.flatten(set.image), 0), { axis = 2 })
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
train { data = set, micro_batch = 8, epochs = 4, minimize = fn.cross_entropy(net(set.image), set.label),
  tokens = long, validate = "4096 tokens",
  optim = optim.SGD { lr = 0.1 } }

-- two words are known
local set = data.idx { "data/digits", image = { 784 }, classes = 10 }
local net = nn.Linear(10)
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = fn.cross_entropy(net(set.image), set.label),
  optim = optim.SGD { lr = 0.1 }, deterministic = true }

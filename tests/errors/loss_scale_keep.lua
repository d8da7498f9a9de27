-- fp16 has a dynamic loss scale, which leaves windows out
local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
train { data = set, batch = 8, epochs = 1, minimize = fn.cross_entropy(net(set.image), set.label),
  precision = "fp16",
  nonfinite = "keep", optim = optim.SGD { lr = 0.1 } }

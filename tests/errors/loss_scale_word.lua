-- a loss scale is a number or dynamic
local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
train { data = set, batch = 8, epochs = 1, minimize = fn.cross_entropy(net(set.image), set.label),
  loss_scale = "auto",
  optim = optim.SGD { lr = 0.1 } }

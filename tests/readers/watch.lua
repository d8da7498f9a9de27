local set = data.npy { "build/tests/data/npy", valid = 19, columns = { w = { "w.npy", 4 }, t = { "t.npy", classes = 3 } } }
local net = nn.Linear(3)
train { data = set, batch = 8, micro_batch = 4, epochs = 10, minimize = fn.cross_entropy(net(set.w), set.t),
  optim = optim.SGD { lr = option("lr", 1e-30) }, validate = "5 updates", patience = 2 }

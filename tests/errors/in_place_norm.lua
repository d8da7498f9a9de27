-- momentum that gradients are added to has no gradient whose norm could be told
local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Linear(10)
local loss = fn.cross_entropy(net(fn.flatten(set.image)), set.label)
train { data = set, batch = 8, epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1, momentum = 0.9, accumulate_in = "momentum" }, report = { grad_norm = true } }

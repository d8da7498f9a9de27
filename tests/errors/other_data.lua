local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local other = data.idx { "data/other", image = { 784 }, classes = 10 }
local net = nn.Linear(10)
local loss = fn.cross_entropy(net(other.image), other.label)
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 } }

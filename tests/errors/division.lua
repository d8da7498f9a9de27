local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Linear(10)
local x = fn.flatten(set.image / 255)
local ratio = fn.sum(net(x)) / fn.sum(net(x) ^ 2)
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = ratio, optim = optim.SGD { lr = 0.1 } }

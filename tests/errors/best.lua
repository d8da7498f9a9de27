local set = data.idx { "data/mnist", valid = 0.1, image = { 1, 28, 28 }, classes = 10 }
local net = nn.Linear(10)
local x = fn.flatten(set.image / 255)
local loss = fn.cross_entropy(net(x), set.label)
train { data = set, batch = 8, epochs = 1, minimize = loss, optim = optim.Adam { lr = 0.1 }, best = "max acuracy", report = { accuracy = fn.accuracy(net(x), set.label) } }

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local function model(x) return nn.Linear(10)(x) end
local loss = fn.cross_entropy(model(fn.flatten(set.image)), set.label)
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 } }

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Linear(10)
local loss = fn.cross_entropy(net(fn.flatten(set.image)), set.label)
local adam = optim.AdamW { betas = { 0.9, optim.half_life "4096 samples" }, scale = { "linear", from = 4, beta2 = "half_life" } }
train { data = set, batch = 8, epochs = 1, minimize = loss, optim = adam }

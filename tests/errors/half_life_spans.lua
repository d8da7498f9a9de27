local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Linear(10)
local loss = fn.cross_entropy(net(fn.flatten(set.image)), set.label)
local adam = optim.AdamW { betas = { 0.9, optim.half_life "4096 samples" } }
train { data = set, micro_batch = 8, accumulate = { [0] = 1, [10] = 2 }, epochs = 1, minimize = loss, optim = adam }

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local enc = nn.Linear(32)
local y = fn.linear(set.image, fn.transpose(enc.weight))

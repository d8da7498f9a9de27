local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local head = nn.Linear(10)
local a = head(fn.flatten(set.image))
local b = head(a)

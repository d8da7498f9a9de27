local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local x = fn.flatten(set.image)
local a = nn.Linear(3)(x)
local b = nn.Linear(4)(x)
local c = a + b

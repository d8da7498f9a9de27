local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local mask = set.image < 3

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local x = set.image - fn.mean(set.image)

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local p = fn.softmax(fn.flatten(set.image), { axis = 1 })

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.File "file_cycle.lua"

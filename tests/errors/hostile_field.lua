local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Module { ["_ */ b"] = nn.Linear(3), forward = function(m, x) return x end }

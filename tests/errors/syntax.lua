local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential {
  nn.Flatten(),
  nn.Linear(10)
train { data = set }

local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential {
  nn.Flatten(),
  nn.Linear(100),
  nn.Conv2d(8, 3),
}
local y = net(set.image)

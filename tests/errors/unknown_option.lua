local set = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net = nn.Sequential {
  nn.Conv2d(8, 3, { bais = false }),
}

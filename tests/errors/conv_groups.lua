local d = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local a, b = nn.Conv2d(8, 3), nn.Conv2d(12, 3, { groups = 3 })
local y = b(a(d.image / 255))

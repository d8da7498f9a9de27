local d = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local a = nn.Conv1d(8, 3)
local y = a(d.image / 255)

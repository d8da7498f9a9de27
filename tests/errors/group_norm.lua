local rows = data.idx { "data/mnist", image = { 3, 8, 8 }, classes = 10 }
local net  = nn.Sequential { nn.Conv2d(6, 3), nn.GroupNorm(4), nn.Flatten(), nn.Linear(10) }
train { data = rows, batch = 4, steps = 1, minimize = fn.cross_entropy(net(rows.image), rows.label), optim = optim.SGD {} }

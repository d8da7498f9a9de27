local rows = data.idx { "data/mnist", image = { 1, 28, 28 }, classes = 10 }
local net  = nn.Sequential { nn.Flatten(), nn.Linear(10) }
local loss = fn.cross_entropy(net(rows.image), rows.label, { weight = { 1, 2, 3 } })
train { data = rows, batch = 4, steps = 1, minimize = loss, optim = optim.SGD {} }

local rows = data.csv { "rows.csv", columns = { x = "1-4" } }
local disc = nn.Linear(1)
train { data = rows, batch = 8, steps = 3,
  step { minimize = fn.mean(disc(rows.x)), params = disc, optim = optim.SGD { lr = 0.1 }, batch = 2 } }

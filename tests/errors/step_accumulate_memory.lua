local rows = data.csv { "rows.csv", columns = { x = "1-4" } }
local disc = nn.Linear(1)
train { data = rows, batch = 16, steps = 3,
  memory = "1 GB",
  step { minimize = fn.mean(disc(rows.x)), params = disc, optim = optim.SGD { lr = 0.1 }, accumulate = 2 } }

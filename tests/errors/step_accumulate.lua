local rows = data.csv { "rows.csv", columns = { x = "1-4" } }
local disc = nn.Linear(1)
train { data = rows, micro_batch = 8, steps = 3,
  batch = 16,
  step { minimize = fn.mean(disc(rows.x)), params = disc, optim = optim.SGD { lr = 0.1 }, accumulate = 2 } }

local rows = data.csv { "rows.csv", columns = { x = "1-4" } }
local gen  = nn.Sequential { nn.Linear(4) }
local disc = nn.Linear(1)
train { data = rows, batch = 8, steps = 3,
  step { name = "d", minimize = fn.mean(disc(rows.x)), params = disc, optim = optim.SGD { lr = 0.1 } },
  step { name = "g", minimize = fn.mean(disc(gen(rows.x))), params = { gen, disc }, optim = optim.SGD { lr = 0.1 } } }

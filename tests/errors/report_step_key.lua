local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local a, b = nn.Linear(1), nn.Linear(1)
local x, y = fn.mean(a(d.x)), fn.mean(b(d.x))
train { data = d, batch = 2, epochs = 1, report = { skipped_g = x },
  step { name = "d", minimize = x, params = a, optim = optim.SGD { lr = 0 } },
  step { name = "g", minimize = y, params = b, optim = optim.SGD { lr = 0 } } }

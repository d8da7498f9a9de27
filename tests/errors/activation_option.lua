local rows = data.csv { "x.csv", columns = { x = "1-3" } }
local net  = nn.Sequential { nn.Linear(4), nn.Hardtanh { min_value = -1 } }
train { data = rows, batch = 4, steps = 1, minimize = fn.mean(net(rows.x)), optim = optim.SGD {} }

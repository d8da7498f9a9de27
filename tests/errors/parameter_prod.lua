local rows = data.csv { "x.csv", columns = { x = "1-3" } }
local net, w = nn.Linear(4), nn.Parameter(4, { init = 1 })
local loss = fn.mean(net(rows.x) * w) + fn.prod(w)
train { data = rows, batch = 4, steps = 1, minimize = loss, optim = optim.SGD {} }

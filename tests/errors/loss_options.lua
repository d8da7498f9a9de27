local rows = data.csv { "x.csv", columns = { x = "1-3", y = 4 } }
local net  = nn.Linear(1)
local loss = fn.huber(net(rows.x), rows.y, { beta = 2 })
train { data = rows, batch = 4, steps = 1, minimize = loss, optim = optim.SGD {} }

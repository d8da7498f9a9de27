local rows = data.csv { "r.csv", columns = { x = "1-4" } }
local net = nn.Linear(4)
local y = net(rows.x)
local loss = fn.per_micro(function() return fn.mean(y) ^ 2 end)
train { data = rows, batch = 64, memory = "1 GB", steps = 3, minimize = loss, optim = optim.SGD { lr = 0.1 } }

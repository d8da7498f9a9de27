local rows = data.csv { "r.csv", columns = { x = "1-4", m = "5" } }
local net = nn.Linear(4)
local z = net(rows.x)
local loss = fn.mean((z - fn.mean(z, { axis = 1 })) ^ 4)
train { data = rows, batch = 64, micro_batch = 8, steps = 3, minimize = loss, optim = optim.SGD { lr = 0.1 } }

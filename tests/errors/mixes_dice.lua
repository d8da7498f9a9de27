local rows = data.csv { "r.csv", columns = { x = "1-4", m = "5-8" } }
local net = nn.Linear(4)
local z = net(rows.x)
local p = fn.sigmoid(z)
local loss = 1 - 2 * fn.sum(p * rows.m) / (fn.sum(p) + fn.sum(rows.m))
train { data = rows, batch = 64, micro_batch = 8, steps = 3, minimize = loss, optim = optim.SGD { lr = 0.1 } }

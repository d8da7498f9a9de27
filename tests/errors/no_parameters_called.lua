local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5", t = { "6", classes = 3 } } }
local x, t = rows.x, rows.t
local net = nn.Linear(1)
local y = net(x)
train { data = rows, batch = 8, epochs = 1, minimize = fn.mse(x, 0), optim = optim.SGD { lr = 0.1 } }

local rows = data.csv { "x.csv", columns = { x = "1-3" } }
local net  = nn.Linear(4)
local l    = fn.logsumexp(net(rows.x))
train { data = rows, batch = 4, steps = 1, minimize = fn.mean(l), optim = optim.SGD {} }

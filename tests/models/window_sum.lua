-- window_sum.lua -- a weight whose gradient is the sum of g over the window, or its mean, with N known first or last
local rows = data.csv { "sum.csv", shuffle = false, columns = { g = "1-1", m = "m" } }
local net  = nn.Linear(1, { bias = false })
local how  = option("mean", "none")
local y    = net(rows.g)
local loss = how == "late" and fn.sum(y * rows.m) / fn.sum(rows.m) or how == "early" and fn.mean(y) or fn.sum(y)

train { data = rows, batch = option("batch", 2), micro_batch = 1, steps = 1, minimize = loss, optim = optim.SGD { lr = 1 } }

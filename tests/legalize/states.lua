-- states.lua -- what becomes of a gradient or of a running statistic is a copy
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, n = nn.Linear(4), nn.BatchNorm()
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(n(a(d.x)) ^ 2) }

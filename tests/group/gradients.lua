-- gradients.lua -- a contribution adds itself, but for one that others read: that goes through a copy
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local p, q = nn.Parameter(3), nn.Parameter(3)
local a = nn.Linear(3)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((a(d.x) * p) ^ 2) + 0.1 * fn.sum((p + fn.exp(q)) ^ 2) }

-- repeated.lua -- a mean over windows, undone, repeats elements: what slides over it gets a copy
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-3", t = "4" } }
local l, p = nn.Linear(64), nn.AvgPool2d(4)
local c = nn.Conv2d(1, 3, { padding = 1 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(c(nn.Upsample { scale_factor = 2 }(fn.reshape(fn.tanh(l(d.x)), 4, 4, 4))) ^ 2) }

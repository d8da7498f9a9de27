-- borders.lua -- layout case: a convolution reads beyond the borders of what no convolution made
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-20", t = "21" } }
local l, c = nn.Linear(4), nn.Conv2d(2, 3, { padding = 1 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(c(fn.tanh(l(fn.reshape(d.x, 1, 4, 5)))) ^ 2) }

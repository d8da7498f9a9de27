-- rows.lua -- CUDA: matrices row by row, images with channels innermost and no halo
-- target: cuda
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-16", t = "17" } }
local c, l = nn.Conv2d(5, 3, { padding = 1 }), nn.Linear(3)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(l(fn.flatten(fn.relu(c(fn.reshape(d.x, 1, 4, 4))))) ^ 2) }

-- library.lua -- CUDA: cuBLASLt says a product of one level a group, not one that is cut
-- target: cuda
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local c, l = nn.Conv2d(6, 1), nn.Linear(5)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(l(fn.flatten(c(fn.reshape(d.x, 2, 2, 2)))) ^ 2) }

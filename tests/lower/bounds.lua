-- bounds.lua -- CUDA: a convolution's padding is an index outside of the image
-- target: cuda
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-32", t = "33" } }
local c = nn.Conv2d(3, 3, { padding = 1, stride = 2 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(c(fn.reshape(d.x, 2, 4, 4)) ^ 2) }

-- one_copy.lua -- a product of products that a convolution slides over is copied once, as an image
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-3", t = "4" } }
local l = nn.Linear(32)
local v = fn.reshape(l(d.x), 2, 4, 4)
local c = nn.Conv2d(2, 2)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(c(fn.matmul(v, v)) ^ 2) }

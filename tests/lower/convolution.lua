-- convolution.lua -- a convolution and its gradients: rows, depth and a vector of channels
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-72", t = "73" } }
local c = nn.Conv2d(8, 3, { padding = 1 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.relu(c(fn.tanh(c(fn.reshape(d.x, 8, 3, 3))))) ^ 2) }

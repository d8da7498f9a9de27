-- joined.lua -- maps join the product whose result they read; what backward makes has kernels of its own
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(6), nn.Linear(1)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((b(fn.relu(a(d.x))) - fn.reshape(d.t, 1)) ^ 2) }

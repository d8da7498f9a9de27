-- phases.lua -- kernels meet where one reads what another unit writes
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(6)
local h = fn.tanh(a(d.x))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((fn.softmax(h, { axis = -1 }) * fn.mean(h, { axis = 2 })) ^ 2) }

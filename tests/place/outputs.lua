-- outputs.lua -- an output is alive until outputs are read
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(16), nn.Linear(4)
local h = fn.tanh(a(d.x))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(b(h) ^ 2), predict = { h = h, p = fn.softmax(b(h), { axis = -1 }) } }

-- outputs.lua -- an output that no kernel makes is copied: data, or a view
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(4)
local h = fn.tanh(a(d.x))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(h ^ 2), predict = { x = d.x, h = fn.reshape(h, 2, 2) } }

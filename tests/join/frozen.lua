-- frozen.lua -- what is frozen comes last in the flat array
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(4), nn.Linear(2)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(b(fn.tanh(a(d.x))) ^ 2), rules = { { a, freeze = true } } }

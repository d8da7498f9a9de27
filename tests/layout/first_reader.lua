-- first_reader.lua -- a weight has the order of its first reader; a later one of another order packs it once per update
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-40", t = "41" } }
local a = nn.Linear(40, { bias = false })
local h = a(d.x)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(a(fn.tanh(h)) ^ 2) }

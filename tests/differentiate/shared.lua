-- shared.lua -- a weight that is used twice gets two contributions; each is written by itself, the first one stores
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(8, { bias = false })
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(w(fn.tanh(w(d.x)))) }

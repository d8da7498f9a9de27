-- outputs.lua -- what outputs alone need is marked as theirs, also where it is made of parameters alone
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(4)
local y = w(d.x)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(y ^ 2), predict = { seen = fn.tanh(y * 2), size = fn.tanh(y) * fn.sum(w.weight ^ 2) } }

-- penalty.lua -- a term without data: its gradient is made after the last micro-step
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(3)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(a(d.x) ^ 2) + 0.1 * fn.sum(a.weight ^ 2), report = { weights = fn.sum(a.weight ^ 2) } }

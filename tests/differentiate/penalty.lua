-- penalty.lua -- a term without data starts from a seed without rows; the other term's seed is its coefficient in each row
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(1)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((w(d.x) - fn.reshape(d.t, 1)) ^ 2) + 0.5 * fn.sum(w.weight ^ 2) }

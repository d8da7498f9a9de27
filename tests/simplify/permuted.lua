-- permuted.lua -- a matmul reads a permuted operand as it lies, under permuted labels
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(4)
local y = fn.reshape(w(d.x), 2, 2)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.matmul(fn.permute(y, 1, 3, 2), y)) }

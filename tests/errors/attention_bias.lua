local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 8, 12 } } }
local q = nn.Linear(12)(d.x)
local b = nn.Parameter(2, 8)
local y = fn.attention(q, q, q, { heads = 2, bias = b })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 8, 12 }, m = { "m.npy", 5, 12 }, r = { "r.npy", 12 } } }
local q, k, r = nn.Linear(12)(d.x), nn.Linear(12)(d.m), nn.Linear(12)(d.r)
local y = fn.attention(q, k, q, { heads = 2 })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

-- embedding.lua -- rows of a table by class ids, twice; the numbers are PyTorch's in tests/reference/embedding.txt
local d = data.csv { "tests/models/embedding.csv", shuffle = false, columns = { c = { "1-6", classes = 11 }, t = { "7", classes = 11 } } }
local emb = nn.Embedding(11, 130)
local x = emb(d.c)                                -- [N,6,130]
local y = emb(fn.slice(d.c, { axis = 2, from = 2, to = 3 }))
local net = nn.Sequential { nn.Linear(16), nn.Tanh(), nn.Linear(11) }
local z = net(fn.concat(fn.flatten(x), fn.flatten(y), { axis = 2 }))
train { data = d, batch = 8, micro_batch = 2, steps = 3, minimize = fn.cross_entropy(z, d.t), optim = optim.SGD { lr = 0.1 } }

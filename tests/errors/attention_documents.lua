local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 8, 12 }, m = { "m.npy", 5, 12 },
  n = { "n.npy", classes = 9 }, may = { "may.npy", 8, classes = 2 }, doc = { "doc.npy", 5, classes = 3 } } }
local q, k = nn.Linear(12)(d.x), nn.Linear(12)(d.m)
local y = fn.attention(q, k, k, { heads = 2, documents = d.doc })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

local d = data.npy { "data", columns = { s = { "s.npy", 3, classes = 5 } } }
local emb, out = nn.Embedding(5, 4), nn.Linear(5)
local t = fn.slice(d.s, { axis = 2, from = 2, to = 3 })
local y = out(emb(fn.slice(d.s, { axis = 2, from = 1, to = 2 })))
local loss = fn.cross_entropy(y, t, { ignore_index = -100 })

local d = data.npy { "data", columns = { x = { "x.npy", 5 }, s = { "s.npy", classes = 5 } } }
local table = nn.Embedding(5, 4, { padding_idx = -7 })
local y = table(d.s)
local loss = fn.cross_entropy(nn.Linear(5)(d.x), d.s, { ignore_index = -100 })

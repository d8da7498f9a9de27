local d = data.npy { "data", columns = { x = { "x.npy", 5 }, s = { "s.npy", type = "int32" } } }
local loss = fn.cross_entropy(nn.Linear(5)(d.x), d.s, { ignore_index = -100 })
local table = nn.Embedding(5, 4)
local y = table(d.s)

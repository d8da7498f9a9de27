local d = data.npy { "data", columns = { s = { "s.npy", classes = 5 } } }
local table = nn.Embedding(5, 4, { padding_idx = 5 })
local y = table(d.s)

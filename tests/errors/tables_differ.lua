local d = data.npy { "data", columns = { s = { "s.npy", type = "int32" } } }
local small, large = nn.Embedding(5, 4), nn.Embedding(6, 4)
local a = small(d.s)
local b = large(d.s)

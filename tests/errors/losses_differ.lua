local d = data.npy { "data", columns = { x = { "x.npy", 5 }, s = { "s.npy", type = "int32" } } }
local a = fn.cross_entropy(nn.Linear(5)(d.x), d.s)
local b = fn.accuracy(nn.Linear(4)(d.x), d.s)

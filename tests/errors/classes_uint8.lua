local d = data.npy { "data", columns = { x = { "x.npy", 5 }, t = { "t.npy", type = "uint8", classes = 1000 } } }
local loss = fn.cross_entropy(nn.Linear(1000)(d.x), d.t)

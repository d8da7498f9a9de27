local d = data.csv { "d.csv", columns = { x = "1-2", t = { "3", classes = 3 } } }
local loss = fn.cross_entropy(nn.Linear(3)(d.x), d.t, { ignore_index = 2^31 })

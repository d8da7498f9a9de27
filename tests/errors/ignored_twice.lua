local d = data.csv { "d.csv", columns = { x = "1-2", t = { "3", classes = 3 } } }
local y = nn.Linear(3)(d.x)
local loss = fn.cross_entropy(y, d.t, { ignore_index = -100 })
local hits = fn.accuracy(y, d.t, { ignore_index = -1 })

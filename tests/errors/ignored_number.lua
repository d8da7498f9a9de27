local d = data.csv { "d.csv", columns = { x = "1-2", t = { "3", classes = 3 } } }
local y = nn.Linear(4)(d.x)
local loss = fn.cross_entropy(fn.slice(y, { axis = 2, to = 3 }), d.t, { ignore_index = -100 })
local price = fn.mse(fn.reshape(fn.slice(y, { axis = 2, from = 4 })), d.t)

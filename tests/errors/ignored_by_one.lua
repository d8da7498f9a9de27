local d = data.csv { "d.csv", columns = { x = "1-2", t = { "3", classes = 3 } } }
local a, b = nn.Linear(3), nn.Linear(3)
local ignoring = fn.cross_entropy(a(d.x), d.t, { ignore_index = -100 })
local counting = fn.nll(fn.log_softmax(b(d.x), { axis = 2 }), d.t)

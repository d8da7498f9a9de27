-- moved.lua -- a product reads a slice of a computed value through a copy; a map reads it by its index
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(6), nn.Linear(1)
local h = fn.tanh(a(d.x))
local left, right = fn.slice(h, { axis = 2, to = 3 }), fn.slice(h, { axis = 2, from = 4 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((b(left) * right) ^ 2) }

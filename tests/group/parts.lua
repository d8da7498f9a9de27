-- parts.lua -- a part of a parameter is the weight of a product: its copies are made before the micro-steps, backward's, too
local d = data.npy { "rows", columns = { x = { "x.npy", 7, 12 } } }
local first, w = nn.Linear(12), nn.Parameter(24, 12)
local y = fn.linear(first(d.x), fn.slice(w, { axis = 1, from = 1, to = 12 }))
train { data = d, batch = 8, accumulate = 2, steps = 1, minimize = fn.mean(y * y), optim = optim.SGD { lr = 0.1 } }

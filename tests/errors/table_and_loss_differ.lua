local d = data.raw { "data", columns = { x = { "x.bin", 5 }, t = { "t.bin", 2, type = "uint8" } } }
local loss = fn.cross_entropy(nn.Linear(7)(d.x), fn.reshape(fn.slice(d.t, { axis = 2, to = 1 })))
local y = fn.gather(d.x, d.t, { axis = 2 })

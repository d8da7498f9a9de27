local d = data.npy { "data", columns = { x = { "x.npy", 5 }, k = { "k.npy", classes = 7 } } }
local y = fn.gather(d.x, d.k, { axis = 2 })

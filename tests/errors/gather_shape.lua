local d = data.csv { "x.csv", columns = { x = "1-7", t = "8", c = { "9-10", classes = 20 } } }
local y = fn.gather(fn.reshape(d.x, 7, 1), d.t, { axis = 2 })

local d = data.csv { "x.csv", columns = { x = "1-6", t = "7", c = { "8-9", classes = 20 } } }
local y = fn.split(d.x, { 2, 3 }, { axis = 2 })

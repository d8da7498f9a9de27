local d = data.csv { "x.csv", columns = { x = "1-7", t = "8", c = { "9-10", classes = 20 } } }
local mean = fn.const({ 0.5, 0.25 }, 3, 1, 1)

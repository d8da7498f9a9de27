local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5" } }
local x = rows.x
local o = optim.SGD { lr = 0.1 }
o.lr = 0.2

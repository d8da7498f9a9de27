local rows = data.csv { "x.csv", columns = { x = "1-3" } }
local y = fn.hardswich(rows.x)

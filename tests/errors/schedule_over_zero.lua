local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5" } }
local o = optim.linear { 1, 0, over = 0 }

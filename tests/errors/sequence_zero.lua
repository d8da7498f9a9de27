local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5" } }
local o = optim.sequence { { 1, 0 }, 2 }

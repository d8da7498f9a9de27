local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5" } }
local x = rows.x
local s = optim.linear { 1, 0 } ^ 2

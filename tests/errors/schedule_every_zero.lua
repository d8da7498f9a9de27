local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5" } }
local o = optim.step { 1, every = "0 epochs" }

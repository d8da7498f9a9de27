local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5", t = { "6", classes = 3 } } }
local x, t = rows.x, rows.t
local y = nn.LSTMCell(64)

local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5", t = { "6", classes = 3 } } }
local x, t = rows.x, rows.t
local m = nn.Module { l = nn.Linear(4), forward = function(m, x) return m.l(x) end }
local y = m:forward(x)

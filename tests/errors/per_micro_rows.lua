local rows = data.csv { "r.csv", columns = { x = "1-4" } }
local net = nn.Linear(4)
local y = net(rows.x)
local loss = fn.per_micro(function() return y - fn.mean(y, { axis = 1 }) end)

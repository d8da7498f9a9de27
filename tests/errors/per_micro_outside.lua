local rows = data.csv { "r.csv", columns = { x = "1-4", m = "5-8" } }
local net = nn.Linear(4)
local p = fn.sigmoid(net(rows.x))
local both = fn.sum(p) + fn.sum(rows.m)
local loss = fn.per_micro(function() return 1 - 2 * fn.sum(p * rows.m) / both end)

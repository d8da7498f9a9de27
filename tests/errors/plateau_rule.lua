-- plateau_rule.lua -- a plateau beside a rate of a rule
local rows  = data.csv { "rows.csv", columns = { x = "1-7" }, valid = 0.1 }
local net   = nn.Sequential { nn.Linear(2), nn.Linear(1) }
train { data = rows, batch = 1, steps = 9, minimize = fn.sum(net(rows.x)), optim = optim.SGD { lr = optim.plateau { 0.1 } },
  rules = { { net[1], lr = 0.2 } } }

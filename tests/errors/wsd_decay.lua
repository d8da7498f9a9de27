-- wsd_decay.lua -- how long the way down is, is missing
local rows  = data.csv { "rows.csv", columns = { x = "1-7" } }
local layer = nn.Linear(1)
train { data = rows, batch = 1, steps = 9, minimize = fn.sum(layer(rows.x)),
  optim = optim.SGD { lr = optim.wsd { 0.1 } } }

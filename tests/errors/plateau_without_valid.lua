-- plateau_without_valid.lua -- a plateau of validations, and no rows that validate
local rows  = data.csv { "rows.csv", columns = { x = "1-7" } }
local layer = nn.Linear(1)
train { data = rows, batch = 1, steps = 9, minimize = fn.sum(layer(rows.x)), optim = optim.SGD { lr = optim.plateau { 0.1 } } }

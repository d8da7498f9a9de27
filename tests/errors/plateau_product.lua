-- plateau_product.lua -- a plateau in another schedule
local rows  = data.csv { "rows.csv", columns = { x = "1-7" }, valid = 0.1 }
local layer = nn.Linear(1)
train { data = rows, batch = 1, steps = 9, minimize = fn.sum(layer(rows.x)), optim = optim.SGD { lr = 2 * optim.plateau { 0.1 } } }

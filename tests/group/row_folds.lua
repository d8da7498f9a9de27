-- row_folds.lua -- folds of the same rows are one kernel, with maps of what they leave
local rows = data.csv { "rows.csv", columns = { x = "1-8" } }
local x = fn.tanh(rows.x * 2)
local top = fn.max(x, { axis = 2 })
local spread = top - fn.min(x, { axis = 2 })
local z = nn.Linear(1, { name = "a" })(fn.reshape(spread, 1) + fn.reshape(fn.sum(x, { axis = 2 }), 1))
train { data = rows, batch = 4, micro_batch = 2, steps = 1, minimize = fn.mean(z ^ 2), optim = optim.SGD { lr = 0.1 } }

-- penalty.lua -- a parameter that a penalty alone trains: no row of the data has a part in its gradient
local rows = data.csv { "rows.csv", shuffle = false, columns = { x = { "1-3" }, t = { "4" } } }
local scale = nn.Parameter(4, 3, { name = "scale" })
local y = nn.Linear(1, { name = "line" })(rows.x)
train {
  data = rows, batch = 4, micro_batch = option("micro_batch", 2), steps = 3, minimize = fn.mse(y, rows.t) + fn.sum(fn.square(scale)),
  optim = optim.SGD { lr = 0 },
}

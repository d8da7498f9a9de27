-- migration.lua -- windows of 4 x 4 rows with weights; b = 0 makes a row's loss infinite. Two groups of parameters by a rule; a state that begins at 0
local rows = data.csv { option("rows", "rows.csv"), shuffle = false, columns = { x = "1-6", y = "y1", w = "w1", b = "b" } }
local net, state, head = nn.Linear(5), nn.Linear(5), nn.Linear(1)
local zero = option("zero", "const") == "const" and fn.const(0, 3) or 0 * fn.slice(rows.x, { axis = 2, to = 3 })
local p = fn.reshape(head(fn.tanh(net(rows.x) + state(zero)))) / rows.b
local by_sum  = fn.mse(p, rows.y, { mask = rows.w })
local by_rows = fn.mean(rows.w * fn.mse(p, rows.y, { reduction = "none" }))

train {
  data     = rows, batch = 16, micro_batch = 4, epochs = 1, nonfinite = option("nonfinite", "skip_window"),
  minimize = option("by", "sum") == "rows" and by_rows or by_sum,
  report   = { by_sum = by_sum, by_rows = by_rows, grad_norm = true },
  optim    = optim.SGD { lr = 0.1, momentum = 0.9, clip = option("clip", 0.05) },
  rules    = option("groups", 2) == 2 and { { head, weight_decay = 1e-30 } } or {},
}

-- window_finite.lua -- windows of 4 x 4 rows; b = 0 in a row makes its loss NaN, a = 0 its gradient alone
local rows = data.csv { option("rows", "finite.csv"), shuffle = false,
  columns = { x = "1-16", label = { "label", classes = 6 }, a = "a", b = "b" } }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }

local start = option("start", 0)
local y    = net(rows.x)

train {
  data     = rows, batch = option("batch", 16), micro_batch = 4, epochs = 1, nonfinite = option("nonfinite", "skip_window"),
  loss_scale = start > 0 and { "dynamic", start = start, interval = option("interval", 2000) } or nil,
  minimize = fn.cross_entropy(y / rows.b + 0.1 * fn.sqrt(y * y * rows.a), rows.label),
  optim    = optim.Adam { lr = optim.linear { 1e-2 } },
}

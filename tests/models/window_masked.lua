-- window_masked.lua -- windows of which -D batch=16 leaves the second micro-batch masked; rows=masked_2.csv goes with it
local rows = data.csv { option("rows", "masked_1.csv"), shuffle = false,
  columns = { x = "1-16", label = { "label", classes = 6 }, mask = "mask" } }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(6) }

train {
  data     = rows, batch = 8, micro_batch = 8, steps = 100, count = option("count", "auto"),
  minimize = fn.cross_entropy(net(rows.x), rows.label, { mask = rows.mask }),
  optim    = optim.Adam { lr = 1e-2 },
}

-- case_orders.lua -- 64 rows of which 1 to 16 tokens count; -D rows=orders_3.csv has them in another order, -D micro_batch=M splits them
local text = data.csv { option("rows", "orders_0.csv"), shuffle = false, columns = { x = "1-64", y = { "65-80", classes = 5 } } }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Linear(5) }

train {
  data     = text, batch = 64, micro_batch = option("micro_batch", 8), steps = 1, count = option("count", "auto"),
  minimize = fn.cross_entropy(net(fn.reshape(text.x, 16, 4)), text.y, { ignore_index = -100 }),
  optim    = optim.SGD { lr = 0.5 },
}

-- case_aside.lua -- all that an evaluation could disturb: running statistics, noise, a denominator known last, moments, averages
local text = data.csv { "orders_0.csv", shuffle = false, columns = { x = "1-64", y = { "65-80", classes = 5 } } }
local norm = nn.BatchNorm { stats = option("stats", "micro") }
local net  = nn.Sequential { nn.Linear(12), norm, nn.Dropout(0.3), nn.Tanh(), nn.Linear(5) }
local into = option("into", "gradient")
local optims = {
  gradient = optim.AdamW { lr = 0.05, clip = 0.1 }, moments = optim.Adam { lr = 0.05, accumulate_in = "moments" },
  momentum = optim.SGD { lr = 0.05, momentum = 0.9, accumulate_in = "momentum" },
}

train {
  data     = text, batch = 32, micro_batch = option("micro_batch", 4), steps = 4,
  minimize = fn.cross_entropy(net(fn.reshape(text.x, 16, 4)), text.y, { ignore_index = -100 }),
  optim    = optims[into], ema = tonumber(option("ema", "nil")), count = into == "gradient" and "auto" or "before",
}

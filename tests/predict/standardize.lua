-- Columns far from zero, standardized: a row of four, bytes of one place each, one number, which is predicted back in its own units.
local set = data.csv { "build/tests/data/predict/train.csv", valid = 0.2, columns = { x = "2-5", price = "price" } }
local norm, unit = nn.Standardize(), nn.Standardize()
local net = nn.Sequential { nn.Linear(8), nn.Tanh(), nn.Linear(1) }
local y = fn.reshape(net(norm(set.x)))
local loss = fn.mse(y, unit(set.price))
train { data = set, batch = 16, micro_batch = 8, epochs = 30, minimize = loss, optim = optim.AdamW { lr = 0.02 },
  predict = { price = unit.inverse(y), z = norm(set.x) } }

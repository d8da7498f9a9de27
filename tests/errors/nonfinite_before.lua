-- dropping and counting ahead
local set = data.csv { "t.csv", columns = { x = "1-4", y = "5", m = "6" } }
local net = nn.Sequential { nn.Linear(1) }
local loss = fn.mse(net(set.x), set.y, { mask = set.m })
train { data = set, batch = 8, epochs = 1, minimize = loss, nonfinite = "drop_micro", count = "before",
  optim = optim.SGD { lr = 0.1 } }

local set = data.csv { "cars.csv", columns = { x = "1-4", y = "5" } }
local net = nn.Linear(1)
local y = net(set.x)
local loss = fn.mse(y, set.y)
train { data = set, batch = 8, epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 },
  predict = { ["the price"] = y } }

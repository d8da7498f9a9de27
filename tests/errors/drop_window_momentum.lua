local cars = data.csv { "cars.csv", columns = { body = "1-8", price = "price" } }
local net = nn.Sequential { nn.Linear(8), nn.BatchNorm { momentum = "window" }, nn.Linear(1) }
train { data = cars, batch = 8, micro_batch = 4, epochs = 1, minimize = fn.mse(net(cars.body), cars.price),
  optim = optim.SGD { lr = 0.1 }, nonfinite = "drop_micro" }

local cars = data.csv { "cars.csv", columns = { body = "1-8", price = "price" } }
local net = nn.Linear(1)
train { data = cars, micro_batch = 4, accumulate = { [0] = 1, [10] = 4 }, steps = 100, minimize = fn.mse(net(cars.body), cars.price),
  optim = optim.SGD { lr = 0.1, scale = { "linear", from = 4 } } }

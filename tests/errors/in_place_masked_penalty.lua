local cars = data.csv { "cars.csv", columns = { body = "1-8", m = "9", price = "price" } }
local net = nn.Linear(1)
train { data = cars, batch = 8, micro_batch = 4, steps = 100, count = "before",
  minimize = fn.mse(net(cars.body), cars.price, { mask = cars.m }) + 0.1 * fn.sum(net.weight ^ 2),
  optim = optim.SGD { lr = 0.1, momentum = 0.9, accumulate_in = "momentum" } }

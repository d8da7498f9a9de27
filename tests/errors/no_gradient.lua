local cars = data.csv { "cars.csv", columns = { body = "1-8", price = "price" } }
local net = nn.Linear(3)
train { data = cars, batch = 8, epochs = 1, minimize = fn.mean(fn.gt(net(cars.body), 0)), optim = optim.SGD { lr = 0.1 } }

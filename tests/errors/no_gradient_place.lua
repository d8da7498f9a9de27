local cars = data.csv { "cars.csv", columns = { body = "1-8", price = "price" } }
local net = nn.Linear(3)
train { data = cars, batch = 8, epochs = 1, minimize = fn.mean(fn.argmax(net(cars.body), { axis = 2 })), optim = optim.SGD { lr = 0.1 } }

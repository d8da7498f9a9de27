-- two heads on one trunk; the output is made of the second, so a prediction leaves out the first
local cars = data.csv { "examples/cars.csv", valid = 200, test = 300, columns = { body = "1-8", price = "price" } }
local trunk = nn.Sequential { nn.Linear(64), nn.ReLU(), nn.Linear(64), nn.ReLU() }
local one, two = nn.Linear(8), nn.Linear(8)
local h = trunk(cars.body)
local a, b = fn.sum(one(h), { axis = 2 }), fn.sum(two(h), { axis = 2 })
train {
  data = cars, batch = 64, micro_batch = 16, epochs = 2, precision = option("precision", "fp32"),
  minimize = fn.mse(a, cars.price) + fn.mse(b, 2 * cars.price),
  optim = optim.Adam { lr = 3e-3 },
  predict = { b = b },
}

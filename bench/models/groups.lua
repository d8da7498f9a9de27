-- groups.lua -- two convolutions of 64 channels, -D groups=4 in groups, over images that a matrix makes of examples/cars.csv
local cars   = data.csv { "examples/cars.csv", columns = { body = "1-8", price = "price" } }
local groups = option("groups", 1)
local net    = nn.Sequential { nn.Linear(64 * 64), nn.Reshape(64, 8, 8), nn.Conv2d(64, 3, { padding = 1, groups = groups }), nn.ReLU(),
  nn.Conv2d(64, 3, { padding = 1, groups = groups }), nn.Flatten(), nn.Linear(1) }
train { data = cars, batch = 64, micro_batch = 32, steps = 50, minimize = fn.mse(net(cars.body), cars.price), optim = optim.SGD { lr = 1e-9 } }

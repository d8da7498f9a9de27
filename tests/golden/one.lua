-- one.lua -- a window of one micro-batch: no beta, no loop
-- kernels: 19
-- arena: 1280
local cars = data.csv { "cars.csv", columns = { body = "1-8", price = "price", brand = { "brand", classes = { "alba", "elm" } } } }
local h    = nn.Linear(24, { name = "trunk" })(cars.body)

train {
  data     = cars, batch = 8, epochs = 1, tail = "drop",
  minimize = fn.mse(nn.Linear(1, { name = "price" })(fn.gelu(h)), cars.price)
    + fn.cross_entropy(nn.Linear(2, { name = "brand" })(fn.tanh(h)), cars.brand),
  optim    = optim.SGD { lr = 0.1 },
}

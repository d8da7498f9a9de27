-- many small vectors on a small input: the sums that are their gradients are neighbours, and share a launch
local cars = data.csv { "examples/cars.csv", columns = { body = "1-8", price = "price" } }
local x = cars.body
for i = 1, 40 do x = fn.tanh(x * nn.Parameter(8, { init = 1, name = "s" .. i })) end
train {
  data = cars, batch = 64, micro_batch = 16, steps = 3, optim = optim.SGD { lr = 1e-3 },
  minimize = fn.mse(fn.sum(x, { axis = 2 }), cars.price),
}

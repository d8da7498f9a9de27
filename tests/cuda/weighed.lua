-- the denominator is made of a product of data, which is counted ahead of the window
local cars = data.csv { "examples/cars.csv", columns = { body = "1-8", price = "price" } }
local rows, l = {}, nn.Linear(8)
for i = 1, 8 do rows[i] = cars.body * (i / 8) end
local s = fn.stack(rows, { axis = 2 })
local weight = fn.abs(fn.mean(fn.matmul(s, fn.transpose(s, 2, 3)), { axis = { 2, 3 } }))
local a = fn.mean(l(s) ^ 2, { axis = { 2, 3 } })
train {
  data = cars, batch = 16, micro_batch = 4, steps = 3, precision = option("precision", "fp32"), optim = optim.SGD { lr = 1e-2 },
  minimize = fn.sum(a * weight) / fn.sum(weight) + fn.mean(fn.mean(l(s), { axis = { 2, 3 } }) - cars.price),
}

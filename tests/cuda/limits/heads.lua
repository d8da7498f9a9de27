-- products of samples and heads: by default more than a grid has blocks in z
local B, H, S = option("batch", 1009), option("heads", 65), option("size", 2)
local d = data.csv { "examples/cars.csv", columns = { body = "1-8", price = "price" } }
local w = nn.Parameter(H, 8, { init = { normal = 0.02 } })
local q = fn.expand(fn.reshape(fn.linear(d.body, w), H, 1, 1), H, S, S)
local a = fn.matmul(q * 1.5, fn.tanh(q))
train {
  data = d, batch = B, micro_batch = B, steps = 3, optim = optim.SGD { lr = 1e-4 },
  minimize = fn.mse(fn.mean(fn.reshape(a, H * S * S), { axis = 2 }), d.price),
}

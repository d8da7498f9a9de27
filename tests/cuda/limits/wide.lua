-- by default a micro-batch whose values are more than an int counts: 4,294,967,296
local N, W = option("micro_batch", 65536), option("width", 65536)
local rows = data.raw { "rows", columns = { x = { "x.bin", W, type = "uint8" }, y = { "y.bin", type = "uint8" } } }
local scale = nn.Parameter(W, { init = 1 })
local z = fn.tanh(rows.x * scale)
local square = fn.reshape(fn.permute(fn.reshape(z, W // 16, 16), 1, 3, 2), W)
train {
  data = rows, batch = N, micro_batch = N, steps = 1, optim = optim.SGD { lr = 0.1 },
  minimize = fn.mse(fn.mean(fn.exp(square) * z, { axis = 2 }), rows.y) + fn.mean(fn.mean(z ^ 2, { axis = 2 })),
}

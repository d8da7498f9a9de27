-- upconv.lua -- transposed convolutions and a strided one; the numbers are PyTorch's in tests/reference/upconv.txt
local d = data.csv { "tests/models/upconv.csv", shuffle = false, columns = { x = { "1-24" }, t = "25" } }
local x = fn.reshape(d.x, 2, 3, 4)
local a = nn.ConvTranspose2d(9, 3, { stride = 2, padding = 1, output_padding = 1 })
local b = nn.ConvTranspose2d(3, 2, { stride = { 1, 2 } })
local c = nn.Conv2d(2, 3, { stride = 2 })
local y = c(fn.tanh(b(fn.tanh(a(x)))))
local out = nn.Linear(1)
local z = out(fn.flatten(y))
train { data = d, batch = 8, micro_batch = 2, steps = 3, minimize = fn.mse(z, d.t), optim = optim.SGD { lr = 0.1 } }

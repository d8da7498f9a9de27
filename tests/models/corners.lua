-- corners.lua -- a kernel of one row, folds of parameters as penalties; the numbers are PyTorch's in tests/reference/corners.txt
local d = data.csv { "tests/models/corners.csv", shuffle = false, columns = { x = { "1-24" }, t = "25" } }
local x = fn.reshape(d.x, 2, 1, 12)
local a = nn.Conv2d(9, { 1, 3 }, { padding = { 0, 1 } })
local b = nn.Linear(5)
local h = b(fn.flatten(fn.tanh(a(x))))
local out = nn.Linear(1)
local z = out(h)
train { data = d, batch = 8, micro_batch = 2, steps = 3, optim = optim.SGD { lr = 0.1 },
  minimize = fn.mse(z, d.t) + 0.1 * fn.norm(out.weight) + 0.01 * fn.sum(fn.sum(b.weight, { axis = 2 }) ^ 2) + 0.05 * fn.sum(fn.softmax(a.bias, { axis = 1 }) ^ 2)  }

-- net_conv.lua -- a convolutional net with GroupNorm; its numbers are PyTorch's in tests/reference/nets.txt
local rows = data.raw { ".", shuffle = false, columns = {
  x = { "x.bin", 1, 8, 8, type = "float32" }, label = { "label.bin", classes = 5, type = "int32" } } }
local net = nn.Sequential {
  nn.Conv2d(4, 3, { padding = 1 }), nn.GroupNorm(2), nn.GELU(), nn.MaxPool2d(2),
  nn.Conv2d(6, 3, { padding = 1 }), nn.GroupNorm(3), nn.Tanh(), nn.Flatten(), nn.Linear(5),
}

train {
  data     = rows, micro_batch = 8, accumulate = 4, steps = 50,
  minimize = fn.cross_entropy(net(rows.x), rows.label),
  optim    = optim.SGD { lr = option("lr", 0.05), momentum = 0.9 },
}

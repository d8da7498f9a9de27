-- conv.lua -- convolution, pooling, dropout; a window too long to be written out
-- kernels: 15
-- arena: 24992
local digits = data.idx { "digits", image = { 1, 12, 12 }, classes = 10 }
local net    = nn.Sequential {
  nn.Conv2d(8, 3, { padding = 1 }), nn.ReLU(), nn.MaxPool2d(2),
  nn.Flatten(), nn.Dropout(0.2), nn.Linear(10),
}

train {
  data     = digits, batch = 256, micro_batch = 8, epochs = 1, tail = "carry",
  minimize = fn.cross_entropy(net(digits.image / 255), digits.label),
  optim    = optim.SGD { lr = 0.1, momentum = 0.9, nesterov = true, clip = 1 },
}

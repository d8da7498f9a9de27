-- mnist_mlp.lua -- a perceptron reads handwritten digits, 98 % and more.        gagen run examples/mnist_mlp.lua
-- What torch.utils.data, nn.Module and the loop would say, in one statement each.
local digits = data.idx { option("data", "data/digits"), image = { 1, 28, 28 }, classes = 10, valid = 0.1, test = 2000 }

local net = nn.Sequential {
  nn.Flatten(),                       -- input sizes are inferred: 784 here
  nn.Linear(256), nn.ReLU(),
  nn.Linear(10),
}

local logits = net(digits.image / 255)
local loss   = fn.cross_entropy(logits, digits.label)

train {
  data     = digits,
  batch    = 128, micro_batch = 32,   -- an update is 128 samples, 32 are in memory: accumulate = 4 follows
  epochs   = 20,
  minimize = loss,
  optim    = optim.AdamW { lr = optim.cosine { 2e-3 } },
  report   = { accuracy = fn.accuracy(logits, digits.label) },
  best     = "max accuracy",          -- the test is done with the weights that validated best
}

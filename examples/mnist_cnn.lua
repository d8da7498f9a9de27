-- mnist_cnn.lua -- LeNet with dropout on MNIST; 98.5 % and more.      gagen run examples/mnist_cnn.lua
-- examples/fetch-mnist.sh gets the data. With the 10,000 test digits alone 8,000 of them train and 2,000 test.
local mnist = data.idx { option("data", "data/mnist"), image = { 1, 28, 28 }, classes = 10, test = 2000 }

local net = nn.Sequential {
  nn.Conv2d(16, 5, { padding = 2 }), nn.ReLU(), nn.MaxPool2d(2),     -- [N, 16, 14, 14]
  nn.Conv2d(32, 5), nn.ReLU(), nn.MaxPool2d(2),                      -- [N, 32, 5, 5]
  nn.Flatten(), nn.Dropout(0.3),
  nn.Linear(120), nn.ReLU(), nn.Dropout(0.3),
  nn.Linear(10),
}

local logits = net(mnist.image / 255)
local loss   = fn.cross_entropy(logits, mnist.label)

train {
  data     = mnist, batch = 128, micro_batch = 32, epochs = 20,
  minimize = loss,
  optim    = optim.AdamW { lr = optim.cosine { 2e-3, warmup = "1 epoch" }, weight_decay = 0.05 },
  report   = { accuracy = fn.accuracy(logits, mnist.label) },
}

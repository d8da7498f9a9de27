local set = data.cifar10 { "build/tests/data/cifar", valid = 8, test = 20 }
local net = nn.Sequential { nn.Flatten(), nn.Linear(10) }
local logits = net(fn.mean(fn.reshape(set.image / 255, 3, 2, 512), { axis = 4 }))
train { data = set, batch = 24, micro_batch = 8, epochs = 150, minimize = fn.cross_entropy(logits, set.label), optim = optim.Adam { lr = 0.1 },
  report = { accuracy = fn.accuracy(logits, set.label) } }

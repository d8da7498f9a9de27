-- a layer used twice: its gradients take turns by micro-steps
local set = data.idx { "data/digits", image = { 1, 28, 28 }, classes = 10 }
local flat, twice, head = nn.Flatten(), nn.Linear(784), nn.Linear(10)
local h = fn.tanh(twice(fn.tanh(twice(flat(set.image / 255)))))
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = fn.cross_entropy(head(h), set.label),
  optim = optim.SGD { lr = 0.1 }, deterministic = "split" }

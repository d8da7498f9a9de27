-- a weight made of a parameter: its gradient is summed over the micro-batch before the parameter's
local set = data.idx { "data/digits", image = { 784 }, classes = 10 }
local w = nn.Parameter(10, 784, { init = 0.1 })
local logits = fn.linear(set.image / 255, fn.tanh(w))
train { data = set, batch = 8, micro_batch = 4, epochs = 1, minimize = fn.cross_entropy(logits, set.label),
  optim = optim.SGD { lr = 0.1 }, deterministic = "split" }

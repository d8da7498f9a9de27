-- mlp.lua -- a perceptron over a window of four micro-batches
-- kernels: 13
-- arena: 2816
local digits = data.idx { "digits", image = {64}, classes = 10, valid = 0.1 }
local net    = nn.Sequential { nn.Linear(48), nn.ReLU(), nn.Linear(10) }
local logits = net(digits.image / 255)

train {
  data     = digits, batch = 64, micro_batch = 16, epochs = 2,
  minimize = fn.cross_entropy(logits, digits.label),
  optim    = optim.AdamW { lr = optim.cosine { 1e-3, warmup = 10 } },
  report   = { accuracy = fn.accuracy(logits, digits.label) },
}

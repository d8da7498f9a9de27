local set = data.csv { "build/tests/data/npy/rows.csv", test = "build/tests/data/npy_test/rows.csv", columns = {
  x = "1-6", w = "7-10", t = { "11", classes = 3 } } }
local net = nn.Linear(3)
local logits = net(fn.concat(set.x / 255, set.w, { axis = 2 }))
local loss = fn.cross_entropy(logits, set.t)
train { data = set, batch = 8, micro_batch = 4, epochs = 3, minimize = loss, optim = optim.SGD { lr = 0.1 },
  report = { accuracy = fn.accuracy(logits, set.t) } }

local set = data.npy { "build/tests/data/npy", test = "build/tests/data/npy_test", shuffle = true, columns = {
  x = { "x.npy", 2, 3, type = "uint8" }, w = { "w.npy", 4 }, t = { "t.npy", classes = 3 } } }
local net = nn.Linear(3)
local logits = net(fn.concat(fn.flatten(set.x) / 255, set.w, { axis = 2 }))
local loss = fn.cross_entropy(logits, set.t)
train { data = set, batch = 8, micro_batch = 4, epochs = 3, minimize = loss, optim = optim.SGD { lr = 0.1 },
  report = { accuracy = fn.accuracy(logits, set.t) } }

local form = option("form", "files")
local set = form == "files"
  and data.raw { "build/tests/data/large", columns = { x = { "x.bin", 3, 256, 256 }, t = { "t.bin", classes = 2, type = "uint8" } } }
  or data.raw { "build/tests/data/large/x.bin", record = 1572864, columns = { x = { 1, 3, 256, 256 }, t = { 786433, classes = 2, type = "uint8" } } }
local net = nn.Linear(2)
train { data = set, batch = 4, micro_batch = 2, steps = 3, minimize = fn.cross_entropy(net(fn.mean(set.x, { axis = { 3, 4 } })), set.t),
  optim = optim.SGD { lr = 0.1 } }

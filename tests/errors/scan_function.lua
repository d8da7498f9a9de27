local d = data.npy { "rows", columns = { x = { "x.npy", 8, 5 }, z = { "z.npy", 7, 5 }, i = { "i.npy", 8, classes = 9 } } }
local w, norm, table_ = nn.Linear(4), nn.BatchNorm(), nn.Embedding(9, 4)
local _, hs = fn.scan(w, fn.const(0, 4), d.x)
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(hs)), optim = optim.SGD { lr = 0.1 } }

local d = data.npy { "rows", columns = { x = { "x.npy", 8, 5 }, z = { "z.npy", 7, 5 }, i = { "i.npy", 8, classes = 9 } } }
local w, norm, table_ = nn.Linear(4), nn.BatchNorm(), nn.Embedding(9, 4)
local _, hs = fn.scan(function(h, x)
  h = fn.tanh(table_(fn.reshape(x)) + h)
  return h, h
end, fn.const(0, 4), fn.reshape(d.i, 8, 1))
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(hs)), optim = optim.SGD { lr = 0.1 } }

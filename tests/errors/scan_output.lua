local d = data.npy { "rows", columns = { x = { "x.npy", 8, 5 } } }
local w, kept = nn.Linear(4), nil
local _, hs = fn.scan(function(h, x)
  kept = fn.tanh(w(x) + h)
  return kept, kept
end, fn.const(0, 4), d.x)
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(hs)), optim = optim.SGD { lr = 0.1 },
  predict = { one = kept } }

-- steps.lua -- two steps see a parameter at one place, train ranges of their own and share the arena
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(2), nn.Linear(1)
local y = a(d.x)
train { data = d, batch = 4, micro_batch = 2, steps = 2,
  step { name = "encoder", minimize = fn.mean(y ^ 2), params = { a }, optim = optim.SGD { lr = 0.1 } },
  step { name = "reader", minimize = fn.mean((b(fn.tanh(y)) - fn.reshape(d.t, 1)) ^ 2), params = { b }, optim = optim.AdamW { lr = 0.1 } } }

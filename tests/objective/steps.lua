-- steps.lua -- each step has the same forward nodes, its own loss, and the report that shares most with it
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(2), nn.Linear(1)
local y = a(d.x)
local first, second = fn.mean(y ^ 2), fn.mean((b(fn.tanh(fn.detach(y))) - fn.reshape(d.t, 1)) ^ 2)
train { data = d, batch = 8, micro_batch = 4, steps = 2, report = { error = fn.sqrt(second) },
  step { name = "encoder", minimize = first, params = { a }, optim = optim.SGD { lr = 0.1 } },
  step { name = "reader", minimize = second, params = { b }, optim = optim.SGD { lr = 0.1 } } }

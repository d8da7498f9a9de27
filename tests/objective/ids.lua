-- ids.lua -- the sum that checks computed ids is one of the step's, though neither loss nor report reads it
local d = data.csv { "rows.csv", shuffle = false, columns = { k = { "1", classes = 6 }, t = "2" } }
local w = nn.Linear(5)
local ids = fn.reshape(d.k, 1) - 1
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 },
  minimize = fn.mean(fn.gather(w(fn.reshape(d.t, 1)), ids, { axis = 2 })) }

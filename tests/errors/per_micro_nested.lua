local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
local inner = function() return fn.mean(net(set.x)) end
train { data = set, batch = 8, micro_batch = 2, epochs = 1,
  minimize = fn.per_micro(function() return fn.per_micro(inner) * fn.mean(set.m) end), optim = optim.SGD { lr = 0.1 } }

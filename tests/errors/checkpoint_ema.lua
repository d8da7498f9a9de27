local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local ema = nn.Module { net = nn.Linear(1), forward = function(m, x) return m.net(x) end }
local z = ema(d.x)
train { data = d, batch = 2, epochs = 1, minimize = fn.mse(fn.sum(z, { axis = 2 }), d.y), optim = optim.SGD { lr = 0 } }

local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local __metadata__ = nn.Parameter(2)
local z = __metadata__ * d.x
train { data = d, batch = 2, epochs = 1, minimize = fn.mse(fn.sum(z, { axis = 2 }), d.y), optim = optim.SGD { lr = 0 } }

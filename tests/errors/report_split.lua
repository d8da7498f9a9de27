local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local net = nn.Linear(1)
local z = net(d.x)
train { data = d, batch = 2, epochs = 1, minimize = fn.mse(fn.sum(z, { axis = 2 }), d.y), optim = optim.SGD { lr = 0 },
  report = { split = fn.mean(d.y) } }

local d = data.csv { "d.csv", columns = { x = "1-2", y = "3" } }
local net = nn.Linear(1)
local z = fn.sum(net(d.x), { axis = 2 })
local loss = fn.mse(z, d.y)
train { data = d, batch = 2, epochs = 1, minimize = loss + 1e-4 * fn.sum(net.weight ^ 2), optim = optim.SGD { lr = 0 },
  report = { loss = loss } }

local set = data.csv { "x.csv", columns = { x = "1-3", y = "4" } }
local net = nn.Linear(1, { name = "net" })
local loss = fn.mse(net(set.x), set.y)
train { data = set, batch = 8, epochs = 1, step { minimize = loss, params = net, optim = optim.SGD { lr = 0.1 }, clip = 1 } }

local set = data.csv { "x.csv", columns = { x = "1-3", y = "4" } }
local loss = fn.mse(nn.Linear(1, { name = "net" })(set.x), set.y)
train { data = set, batch = 8, epochs = 1, minimize = loss, optim = optim.SGD { lr = 0.1 }, nesterov = true }

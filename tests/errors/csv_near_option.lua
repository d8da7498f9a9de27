local d = data.csv { "d.csv", seperator = ";", columns = { x = "1-2", y = "y" } }
train { data = d, batch = 4, steps = 1, optim = optim.SGD { lr = 1 }, minimize = fn.mse(nn.Linear(1)(d.x), d.y) }

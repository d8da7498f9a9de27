local rows = data.csv { "rows.csv", columns = { x = "1-4", w = "5", t = { "6", classes = 3 } } }
local x, t = rows.x, rows.t
local net = nn.Linear(1)
train {
  data = rows, batch = 8, epochs = 1, minimize = fn.mse(net(x), rows.w), optim = optim.SGD { lr = 0.1 },
  shuffle = false,
}

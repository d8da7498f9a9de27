local rows = data.csv { "rows.csv", columns = { x = "1-4", y = "y" } }
local y = nn.Linear(1)(rows.x)
train {
  data = rows, batch = 8, epochs = 1, minimize = fn.mse(fn.reshape(y), rows.y), optim = optim.SGD { lr = 0.1 },
  predict = { next = y }, sample = "ROMEO:",
}

local rows = data.csv { "x.csv", columns = { x = "1-3", y = 4 } }
local net  = nn.Linear(1)
local loss = fn.binary_cross_entropy_with_logits(net(rows.x), rows.y)
train { data = rows, batch = 4, steps = 1, minimize = loss, optim = optim.SGD {} }

local d = data.csv { "x.csv", columns = { x = "1-7", t = "8", c = { "9-10", classes = 20 } } }
local y = nn.Linear(3)(d.x)
local z = fn.when_training(d.x, y)

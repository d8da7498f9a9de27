local d = data.csv { "x.csv", columns = { x = "1-6", t = "7", c = { "8-9", classes = 20 } } }
local y = nn.Embedding(10, 4)(d.c)

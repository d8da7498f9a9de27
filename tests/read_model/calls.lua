-- calls.lua -- a layer that is called twice has one parameter and a draw of noise for each call
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local same, drop = nn.Linear(8), nn.Dropout(0.5)
local y = drop(same(drop(same(d.x))))
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(y) }

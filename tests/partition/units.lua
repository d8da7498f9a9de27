-- units.lua -- rows of the batch, column blocks, tiles of a weight's gradient
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(130), nn.Linear(3)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(b(fn.relu(a(d.x))) ^ 2) }

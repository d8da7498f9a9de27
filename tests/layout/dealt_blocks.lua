-- dealt_blocks.lua -- layout case: a view deals column blocks otherwise than the value that it shows
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-40", t = "41" } }
local l, h = nn.Linear(40, { bias = false }), nn.Linear(3)
local x = fn.transpose(fn.reshape(d.x, 5, 8), 2, 3)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(h(fn.tanh(fn.reshape(l(x), 8, 1, 40) + fn.reshape(l(x), 1, 8, 40))) ^ 2) }

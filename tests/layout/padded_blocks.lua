-- padded_blocks.lua -- layout case: a block that padding fills stands in the middle of an axis that a view has merged
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-4", t = "5" } }
local a, b = nn.Linear(66), nn.Conv2d(3, { 2, 1 }, { padding = { 1, 0 } })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(b(fn.reshape(a(d.x), 33, 2, 1)) ^ 2) }

-- batch_norm_lone.lua -- batch norm of one value a row: 20 rows, and micro-batches of which the last may have one
local d = data.csv { "lone.csv", shuffle = false, columns = { x = "1-3", y = "4" } }
local net = nn.Sequential { nn.Linear(4), nn.BatchNorm(), nn.ReLU(), nn.Linear(1) }
train { data = d, batch = option("batch", 6), micro_batch = option("micro_batch", 3), epochs = 2, tail = "step",
        minimize = fn.mse(fn.reshape(net(d.x)), d.y), optim = optim.SGD { lr = 0.01 },
        rules = option("freeze", false) and { { net[2], freeze = true } } or {} }

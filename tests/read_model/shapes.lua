-- shapes.lua -- what broadcasts, folds and is viewed has its shape when it is read; the batch is bound to the micro-batch
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(6)
local y = fn.reshape(w(d.x) * 3, 2, 3)
local centred = y - fn.reshape(fn.mean(y, { axis = 3 }), 2, 1)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.permute(centred, 1, 3, 2) ^ 2) }

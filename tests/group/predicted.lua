-- predicted.lua -- what outputs alone need has kernels that training does not run
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(4)
local h = a(d.x)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(h ^ 2), predict = { p = fn.softmax(h, { axis = -1 }), best = fn.argmax(h, { axis = -1 }) } }

-- groups.lua -- channels in groups are two labels, the group and the channel in it
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-144", t = "145" } }
local c = nn.Conv2d(16, 3, { groups = 2, padding = 1 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(c(fn.reshape(d.x, 16, 3, 3)) ^ 2) }

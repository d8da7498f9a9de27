-- spread_lanes.lua -- layout case: a view deals channels otherwise, so lanes of a pool are no neighbours
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-64", t = "65" } }
local c = nn.Conv2d(16, 1)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(nn.MaxPool2d(2)(nn.ChannelShuffle(2)(c(fn.reshape(d.x, 16, 2, 2)))) ^ 2) }

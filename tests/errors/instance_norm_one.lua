local d = data.npy { "data", columns = { x = { "x.npy", 3, 2, 2 } } }
local y = nn.InstanceNorm()(nn.MaxPool2d(2)(d.x))

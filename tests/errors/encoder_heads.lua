local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 8, 12 }, m = { "m.npy", 5, 6 }, r = { "r.npy", 12 } } }
local net = nn.TransformerEncoderLayer(5, { dropout = 0 })
local y = net(d.x)
train { data = d, batch = 4, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

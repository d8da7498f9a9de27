local d = data.npy { "rows", columns = { x = { "x.npy", 8, 5 }, h = { "h.npy", 3, 6 }, n = { "n.npy", classes = 12 } } }
local net = nn.GRU(6)
local y = net(d.x, { lengths = d.n })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(fn.square(y)), optim = optim.SGD { lr = 0.1 } }

local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 8, 12 }, off = { "off.npy", 8, classes = 2 } } }
local q = nn.Linear(12)(d.x)
local y = fn.attention(q, q, q, { heads = 2, key_padding_mask = d.off })
train { data = d, batch = 4, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

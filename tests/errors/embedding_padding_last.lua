local d = data.npy { "data", columns = { s = { "s.npy", classes = 5 } } }
local table = nn.Embedding(5, 4, { padding_idx = -1 })
train { data = d, batch = 2, epochs = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(table(d.s)) }

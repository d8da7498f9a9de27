-- head.lua -- a product, its rows' statistics, its loss and its gradients are computed in two pieces; the hidden layer is not
-- options: -D head_pieces=2
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 3, 4 }, t = { "t.npy", 3, classes = 6 } } }
local hidden, head = nn.Linear(8), nn.Linear(6, { bias = false })
train { data = d, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.cross_entropy(head(fn.tanh(hidden(d.x))), d.t) }

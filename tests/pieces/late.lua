-- late.lua -- if micro-batches may be dropped, the forward pass comes first, and backward computes the logits again
-- options: -D head_pieces=2
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 3, 4 }, t = { "t.npy", 3, classes = 6 } } }
local head = nn.Linear(6, { bias = false })
train { data = d, micro_batch = 2, steps = 1, nonfinite = "drop_micro", optim = optim.SGD { lr = 0.1 }, minimize = fn.cross_entropy(head(d.x), d.t) }

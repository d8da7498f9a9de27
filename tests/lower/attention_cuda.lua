-- target: cuda
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 20, 8 } } }
local qkv = nn.Linear(24)
local y = fn.attention(qkv(d.x), { heads = 2, causal = true })
train { data = d, micro_batch = 2, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

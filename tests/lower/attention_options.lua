-- attention_options.lua -- tiles of keys between two bounds; a bias, a softcap, a formula, lengths, and draws of dropout
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", 66, 16 }, n = { "n.npy", classes = 67 } } }
local qkv, bias = nn.Linear(48), nn.Parameter(2, 131)
local near = map { name = "near", args = { "s", "i", "j" }, value = "s - abs(i - j)", grad = { s = "gy" } }
local y = fn.attention(qkv(d.x), { heads = 2, causal = true, window = 20, softcap = 5, lengths = d.n, dropout = 0.1, bias = bias, score = near })
train { data = d, micro_batch = 2, steps = 1, minimize = fn.mean(y), optim = optim.SGD { lr = 0.1 } }

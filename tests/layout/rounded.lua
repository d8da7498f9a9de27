-- rounded.lua -- CUDA, bf16: what the library multiplies is rounded once, a parameter for all
-- target: cuda
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(8), nn.Linear(8)
local h = fn.tanh(a(d.x))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((b(h) + b(fn.exp(h))) ^ 2), precision = "bf16" }

-- pieces.lua -- two pieces: what crosses the cut is kept, matmuls in the first piece are rematerialised, too
-- options: -D recompute=2
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b, c, e = nn.Linear(64), nn.Linear(64), nn.Linear(64), nn.Linear(64)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.tanh(e(fn.tanh(c(fn.tanh(b(fn.tanh(a(d.x))))))))) }

-- turns.lua -- two models that share nothing run forward, backward, forward, backward
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a, b = nn.Linear(2048), nn.Linear(2048)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.tanh(a(d.x)) ^ 2) + fn.mean(fn.exp(b(d.x)) ^ 2) }

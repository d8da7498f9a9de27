-- equal.lua -- two nodes of equal op and arguments are one, and so are those that read them
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(4)
local y = w(d.x)
local one, two = fn.exp(fn.tanh(y)), fn.exp(fn.tanh(y))
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(one * two) }

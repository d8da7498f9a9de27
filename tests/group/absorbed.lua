-- absorbed.lua -- a map that only a sum reads moves into the sum's loop; one with a second reader stays
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(1)
local e, s = fn.exp(d.x), fn.sin(d.x)
local scale = fn.sum(e, { axis = 2 }) * fn.sum(s, { axis = 2 }) / fn.max(s, { axis = 2 })
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((a(d.x) * fn.reshape(scale, 1)) ^ 2) }

-- broadcast.lua -- the gradient of what was broadcast is summed over the axes that it was repeated along
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local scale = nn.Parameter(4, 1)
local y = scale * fn.reshape(d.x, 4, 2)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(y ^ 2) }

-- samples.lua -- one denominator, the samples: the scale is known before the window
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local a = nn.Linear(1)
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean((a(d.x) - fn.reshape(d.t, 1)) ^ 2) }

-- reshaped.lua -- a reshape of a reshape is one; a reshape to the same shape is none
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(8)
local y = fn.reshape(fn.reshape(fn.reshape(w(d.x), 2, 4), 4, 2), 8)
train { data = d, batch = 8, micro_batch = 4, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(fn.tanh(fn.reshape(fn.reshape(y, 2, 4), 2, 2, 2))) }

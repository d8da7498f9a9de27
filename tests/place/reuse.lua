-- reuse.lua -- buffers that are not alive at once share a place; an epilogue works in place
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local l, m, n = nn.Linear(24), nn.Linear(24), nn.Linear(24)
local y = fn.tanh(n(fn.tanh(m(fn.tanh(l(d.x))))))
train { data = d, batch = 4, micro_batch = 2, steps = 1, optim = optim.SGD { lr = 0.1 }, minimize = fn.mean(y ^ 2) }

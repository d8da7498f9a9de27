-- Computed ids: the column counts from 1, and one of its values is no place.
local d = data.raw { "ids", shuffle = option("shuffle", false), columns = { s = { "s.bin", 3, type = "int32" } } }
local out = nn.Linear(5)
local x = fn.tanh(out(d.s * 0.125))
local place = fn.reshape(fn.slice(d.s, { axis = 2, from = 2, to = 2 })) - 1
local y = fn.gather(x, place, { axis = 2 })
local best = fn.gather(x, fn.argmax(x, { axis = 2 }), { axis = 2 })
train { data = d, batch = 6, micro_batch = 3, epochs = 1, minimize = fn.mean((y - best) ^ 2 + fn.mean(x, { axis = 2 }) ^ 2), optim = optim.SGD { lr = 0.1 }, predict = { y = y } }

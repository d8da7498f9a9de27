-- moves.lua -- axes cut, joined, turned and padded; the numbers are PyTorch's in tests/reference/moves.txt
local d = data.csv { "tests/models/moves.csv", shuffle = false, columns = { x = { "1-12" }, t = "13" } }
local x = fn.reshape(d.x, 3, 4)
local a = nn.Linear(8)
local h = a(x)                                  -- [N,3,8]
local l, r = fn.chunk(h, 2, { axis = 3 })
local g = l * fn.sigmoid(r)                     -- [N,3,4]
local c = fn.concat(g, x, fn.flip(g, { axis = 2 }), { axis = 2 })         -- [N,9,4]
local p = fn.pad(c, { axis = 3, before = 1, after = 2, value = 0.5 })       -- [N,9,7]
local q = fn.slice(p, { axis = 2, from = 2, to = 9, step = 3 })
local b = nn.Linear(5)
local y = b(q)
local s = fn.stack(y, y * 2, { axis = 2 })
local out = nn.Linear(1)
local z = out(fn.flatten(fn.tanh(s)))
train { data = d, batch = 8, micro_batch = 2, steps = 3, minimize = fn.mse(z, d.t), optim = optim.SGD { lr = 0.1 } }

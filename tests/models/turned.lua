-- A transposed copy with as many column blocks as the value it copies: its blocks lie along another axis, so threads meet before it.
local T, S, C = 32, 128, 128
local d = data.npy { "rows", shuffle = false, columns = { x = { "x.npy", T, C }, m = { "m.npy", S, C }, t = { "t.npy", T, C } } }
local q, k, v, o = nn.Linear(C), nn.Linear(C), nn.Linear(C), nn.Linear(C)
local weights = fn.softmax(fn.matmul(q(d.x), fn.transpose(k(d.m), 2, 3)) / math.sqrt(C), { axis = 3 })
train { data = d, micro_batch = option("micro_batch", 3), accumulate = 2, steps = 5,
  minimize = fn.mse(o(fn.matmul(weights, v(d.m))), d.t), optim = optim.SGD { lr = 0.1 } }

-- gates.lua -- relus of a part of an image whose row is as short as a vector's half: gcc 12 at -O3 with AVX misplaced what they read
local rows = data.npy { "rows", shuffle = false, columns = { im = { "im.npy", 3, 6, 7 }, t = { "t.npy", 3 } } }
local first, second, third = nn.Conv2d(12, 3, { padding = 1 }), nn.Conv2d(3, 3, { padding = 1 }), nn.Conv2d(4, 3, { padding = 1 })
local y = second(fn.concat(fn.relu(first(rows.im)), rows.im, { axis = 2 }))
local z = fn.relu(fn.slice(third(fn.relu(y)), { axis = 2, from = 1, to = 3 }))
train {
  data = rows, batch = 8, micro_batch = 4, steps = 2, minimize = fn.mse(fn.mean(y + z, { axis = { 3, 4 } }), rows.t),
  optim = optim.SGD { lr = 0.1 },
}

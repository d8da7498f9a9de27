-- verify_kernels.lua -- two steps with something of everything that verifiers of kernels look at: a convolution with a halo, a norm
-- with states, an embedding, products of data and of slices, two contributions to one weight, values that outputs alone need.
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-16", id = { "17", classes = 5 }, t = "18" } }
local conv, norm, wide, embed, head, both = nn.Conv2d(8, 3, { padding = 1 }), nn.BatchNorm(), nn.Linear(128), nn.Embedding(5, 128), nn.Linear(1), nn.Linear(6)
local image = fn.reshape(d.x, 1, 4, 4)
local h = fn.relu(norm(conv(image)))
local y = fn.silu(wide(fn.reshape(h, 128))) + embed(d.id)
local z = both(fn.tanh(both(fn.slice(d.x, { axis = 2, to = 6 }))))
local error = head(y) - fn.reshape(d.t, 1)
train {
  data = d, batch = 8, micro_batch = 4, steps = 2, predict = { seen = fn.softmax(y, { axis = -1 }) },
  step { name = "side", minimize = fn.mean(z ^ 2), params = { both }, optim = optim.SGD { lr = 0.1 } },
  step { name = "trunk", minimize = fn.mean(error ^ 2), params = { conv, norm, wide, embed, head }, optim = optim.SGD { lr = 0.1 } },
}

-- Reports that see what happened to the rows: apart, whether x and m differ; rigid, 0 where x is b moved by whole places; off and
-- spread, mean and mean square of x - b; first, the mean of the first column of places.
local form = option("form", "none")
local forms = { none = {}, both = { flip = { "x", "m" }, crop = { "x", "m", pad = 2 } }, one = { flip = { "x" }, crop = { "x", pad = 2 } },
  crop = { crop = { "x", "m", pad = 2 } }, flip = { flip = { "x", "m", p = 1 } }, noise = { noise = { "x", "m", std = 0.5 } } }
local set = data.npy { option("data", "build/tests/data/augment"), valid = 8, shuffle = form ~= "none", augment = forms[form], columns = {
  x = { "x.npy", 1, 4, 4 }, m = { "m.npy", 1, 4, 4 }, b = { "b.npy", 1, 4, 4 }, y = { "y.npy" } } }
local net = nn.Linear(1, { bias = false })
local loss = fn.mse(fn.reshape(net(fn.flatten(set.x) / 1000)), set.y)
local there = fn.gt(set.x, 0)
local d = (set.x - set.b) * there
local function total(t) return fn.sum(t, { axis = { 2, 3, 4 } }) end
train { data = set, batch = 16, micro_batch = 8, epochs = 4, minimize = loss, optim = optim.SGD { lr = 1e-3 }, report = {
  apart = fn.mean(fn.abs(set.x - set.m)), off = fn.mean(set.x - set.b), spread = fn.mean(fn.square(set.x - set.b)),
  rigid = fn.mean(fn.abs(total(d * d) * total(there) - fn.square(total(d)))), there = fn.mean(there),
  first = fn.mean(fn.slice(set.x, { axis = 4, from = 1, to = 1 })) } }

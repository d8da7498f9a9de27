-- two networks and two optimizers in turn; what others call noise is a column, so that PyTorch sees the same
local rows = data.csv { "rows.csv", shuffle = false, columns = { x = "1-4", z = "5-7" } }
local gen  = nn.Sequential { nn.Linear(9), nn.Tanh(), nn.Linear(4) }
local disc = nn.Sequential { nn.Linear(11), nn.LeakyReLU { negative_slope = 0.2 }, nn.Linear(1) }

local fake   = gen(rows.z)
local d_loss = fn.bce_logits(disc(rows.x), 1) + fn.bce_logits(disc(fn.detach(fake)), 0)
  + 1e-2 * fn.sum(disc[1].weight ^ 2)
local g_loss = fn.bce_logits(disc(fake), 1)

local apart = option("apart", false)          -- windows of 2 x 4 and 3 x 4 samples, where both are 3 x 4
train {
  data = rows, batch = not apart and 12 or nil, micro_batch = 4, steps = 10,
  step { name = "d", minimize = d_loss, params = disc, times = 2, accumulate = apart and 2 or nil,
    optim = optim.Adam { lr = optim.linear { 2e-2, 1e-2 }, betas = { 0.5, 0.999 } } },
  step { name = "g", minimize = g_loss, params = { gen[1], gen[3] }, accumulate = apart and 3 or nil, optim = optim.SGD { lr = 0.1, momentum = 0.9, clip = 0.2 } },
  rules = { { function() return true end, load = "start.safetensors" }, { gen[3].bias, lr = 0.05 } },
}

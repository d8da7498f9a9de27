-- gan.lua -- digits out of noise: a generator and a discriminator, two losses, two optimizers in turn.
--   gagen run examples/gan.lua -- --save gan.safetensors
--   gagen run examples/gan.lua -- --load gan.safetensors --predict 64 --output digits.npy
-- After 40 epochs many of its images read as digits, their mean is like that of digits (correlation 0.89, ink 1.01 times as much)
-- and the discriminator is right 3 times in 4: d 1.05, g 1.56.
local digits = data.idx { option("data", "data/digits"), image = { 1, 28, 28 }, classes = 10 }

local function leaky() return nn.LeakyReLU { negative_slope = 0.2 } end

local gen  = nn.Sequential {
  nn.Linear(128), nn.LayerNorm(), leaky(),
  nn.Linear(256), nn.LayerNorm(), leaky(),
  nn.Linear(784), nn.Sigmoid(),
}
local disc = nn.Sequential {
  nn.Linear(256), leaky(), nn.Dropout(0.3),
  nn.Linear(64), leaky(), nn.Dropout(0.3),
  nn.Linear(1),
}

local drawn  = fn.flatten(digits.image / 255)
local fake   = gen(fn.randn(32))      -- one draw for each sample, the same in both steps
local seen   = disc(drawn)
local made   = disc(fake)
local d_loss = fn.bce_logits(seen, 0.9) + fn.bce_logits(disc(fn.detach(fake)), 0)
local g_loss = fn.bce_logits(made, 1)
local betas  = { 0.5, 0.999 }

train {
  data = digits, batch = 64, micro_batch = 32, epochs = 40,
  step { name = "d", minimize = d_loss, params = disc, optim = optim.Adam { lr = 5e-4, betas = betas } },
  step { name = "g", minimize = g_loss, params = gen,  optim = optim.Adam { lr = 1e-3, betas = betas } },
  report  = { right = (fn.mean(fn.gt(seen, 0)) + fn.mean(fn.lt(made, 0))) / 2, ink = fn.mean(fake), ink_drawn = fn.mean(drawn) },
  predict = { image = fake },
}

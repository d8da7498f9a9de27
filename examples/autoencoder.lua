-- autoencoder.lua -- digits through 32 numbers and back; the way back has the way in's weights.      gagen run examples/autoencoder.lua
-- make run draws the digits. A pixel of the 2,000 test digits comes back to within 0.11 (the root of the mean square; the mean digit is off by 0.20).
local digits = data.idx { option("data", "data/digits"), image = { 1, 28, 28 }, classes = 10, valid = 0.1, test = 2000 }

local enc1, enc2 = nn.Linear(128), nn.Linear(32)
local bias2      = nn.Parameter(128, { init = 0 })
local bias1      = nn.Parameter(784, { init = 0 })

local pixels = fn.flatten(digits.image) / 255
local code   = enc2(fn.relu(enc1(pixels)))
local hidden = fn.relu(fn.linear(code, fn.transpose(enc2.weight), bias2))     -- W is out x in, so its transpose leads back
local drawn  = fn.sigmoid(fn.linear(hidden, fn.transpose(enc1.weight), bias1))

local loss = fn.mse(drawn, pixels)

train {
  data     = digits, batch = 128, micro_batch = 32, epochs = 20,
  minimize = loss,
  optim    = optim.Adam { lr = optim.cosine { 2e-3, warmup = 50 } },
  report   = { rmse = fn.sqrt(loss) },
}

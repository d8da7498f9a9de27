-- resnet.lua -- a small residual network on hashed pictures of 3 x 32 x 32, for bench/gpu; its twin is in bench/peers/gpu.py.
-- It has no normalisation. Of a block's two convolutions the second begins small, so that the sum keeps its size.
local pictures = data.idx { "pictures", image = {3, 32, 32}, classes = 10, shuffle = false }

local function conv(channels, stride)
  return nn.Conv2d(channels, 3, { stride = stride, padding = 1 })
end

local function block(channels, stride)
  return nn.Module {
    first = conv(channels, stride), second = conv(channels, 1), scale = nn.Parameter(1, { init = 0.1 }),
    skip = stride > 1 and nn.Conv2d(channels, 1, { stride = stride }) or nn.Identity(),
    forward = function(m, x) return fn.relu(m.skip(x) + m.scale * m.second(fn.relu(m.first(x)))) end,
  }
end

local net = nn.Sequential {
  conv(16, 1), nn.ReLU(),
  block(16, 1), block(32, 2), block(64, 2),
}
local head = nn.Linear(10)

local h    = fn.mean(net(pictures.image / 255), { axis = { 3, 4 } })
local loss = fn.cross_entropy(head(h), pictures.label)

train {
  data     = pictures, batch = 128, micro_batch = 128, steps = 100,
  minimize = loss,
  optim    = optim.Adam { lr = 1e-3 },
}

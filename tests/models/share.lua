-- share.lua -- blocks that are alike, of images and of rows, each with parameters, statistics and noise of its own; two micro-batches
local rows = data.idx { "rows_64", image = { 16 }, type = "float32", classes = 6, shuffle = false }
local function residual(...)
  return nn.Module { body = nn.Sequential { ... }, scale = nn.Parameter(1, { init = 0.5 }),
    forward = function(m, x) return x + m.scale * m.body(x) end }
end

local images, vectors = {}, {}
for i = 1, option("depth", 4) do
  images[i] = residual(nn.Conv2d(16, 3, { padding = 1, bias = false }), nn.BatchNorm(), nn.ReLU(), nn.Dropout(0.2))
  vectors[i] = residual(nn.Linear(48), nn.LayerNorm(), nn.GELU(), nn.Dropout(0.1))
end
local net = nn.Sequential {
  nn.Conv2d(16, 3, { padding = 1 }), nn.Sequential(images), nn.Flatten(), nn.Linear(48), nn.Sequential(vectors), nn.Linear(6),
}

train {
  data = rows, batch = 64, micro_batch = 32, steps = 2,
  minimize = fn.cross_entropy(net(fn.reshape(rows.image, 1, 4, 4)), rows.label), optim = optim.SGD { lr = 0.1 },
}

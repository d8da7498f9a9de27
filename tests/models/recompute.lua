-- recompute.lua -- residual blocks with norms and dropout, of images and of rows: -D recompute=LEVEL rematerialises their values
local rows = data.idx { "rows_64", image = {16}, type = "float32", classes = 6, shuffle = false }

local function block(first, second, activation)
  return nn.Module {
    norm = nn.LayerNorm(), first = first, second = second, drop = nn.Dropout(0.2),
    forward = function(m, x) return x + m.drop(m.second(activation(m.first(m.norm(x))))) end,
  }
end

local function conv() return nn.Conv2d(10, 3, { padding = 1 }) end

local stem, pool, narrow, head = conv(), nn.MaxPool2d(2), nn.Linear(20), nn.Linear(6)
local images = nn.Sequential { block(conv(), conv(), fn.gelu), block(conv(), conv(), fn.gelu) }
local vectors = nn.Sequential { block(nn.Linear(40), nn.Linear(20), fn.silu), block(nn.Linear(40), nn.Linear(20), fn.silu) }

local x = images(fn.relu(stem(fn.reshape(rows.image, 1, 4, 4))))
x = vectors(fn.softmax(narrow(fn.reshape(pool(x), 40)), { axis = 2 }))

train {
  data     = rows, batch = 64, micro_batch = 16, steps = 3,
  minimize = fn.cross_entropy(head(x), rows.label),
  optim    = optim.Adam { lr = 1e-2 },
}

-- window_split.lua -- one of every kind of gradient over 24 rows; -D micro_batch=M splits them
local rows  = data.idx { "rows_77", image = {16}, type = "float32", classes = 6, shuffle = false }
local image = nn.Sequential { nn.Conv2d(9, 3, { padding = 1 }), nn.GroupNorm(3), nn.ReLU(), nn.Conv2d(4, 2), nn.Dropout(0.2) }
local word  = nn.Embedding(6, 20)
local token = nn.Sequential { nn.Linear(20), nn.LayerNorm(), nn.GELU() }
local slope = nn.PReLU()
local net   = nn.Sequential { nn.Linear(70), nn.Tanh(), nn.Linear(6) }
local x     = image(fn.reshape(rows.image, 1, 4, 4))                 -- [N, 4, 3, 3]
local t     = token(fn.reshape(rows.image, 4, 4))                    -- [N, 4, 20]
local h     = fn.concat(fn.flatten(x), fn.flatten(t), slope(word(rows.label)), { axis = 2 })

train {
  data     = rows, batch = 24, micro_batch = option("micro_batch", 24), steps = 5,
  minimize = fn.cross_entropy(net(h), rows.label) + 1e-3 * fn.sum(token[1].weight ^ 2),
  optim    = optim.AdamW { lr = 1e-2, clip = 1 }, deterministic = option("deterministic", "split"),
}

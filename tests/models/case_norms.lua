-- case_norms.lua -- norms within a sample, over images and over tokens; -D micro_batch=M splits 24 rows
local rows  = data.idx { "rows_24", image = {16}, type = "float32", classes = 6, shuffle = false }
local image = nn.Sequential { nn.Conv2d(9, 3, { padding = 1 }), nn.GroupNorm(3), nn.Tanh(), nn.InstanceNorm { affine = true } }
local token = nn.Sequential { nn.Linear(20), nn.LayerNorm(), nn.Tanh(), nn.Linear(8), nn.RMSNorm() }
local head  = nn.Linear(6)
local h     = fn.concat(fn.flatten(image(fn.reshape(rows.image, 1, 4, 4))), fn.flatten(token(fn.reshape(rows.image, 4, 4))), { axis = 2 })

train {
  data     = rows, batch = 24, micro_batch = option("micro_batch", 24), steps = 1,
  minimize = fn.cross_entropy(head(h), rows.label),
  optim    = optim.SGD { lr = 0.5 },
}

-- chain.lua -- a deep chain on hashed rows: -D depth=N, width=N
local rows = data.idx { "rows_1024", image = {16}, type = "float32", classes = 6, shuffle = false }
local layers, width = {}, option("width", 64)
for _ = 1, option("depth", 48) do
  layers[#layers + 1] = nn.Linear(width)
  layers[#layers + 1] = nn.GELU()
end
layers[#layers + 1] = nn.Linear(6)
local net = nn.Sequential(layers)

train {
  data     = rows, batch = 1024, micro_batch = option("micro_batch", 1024), steps = option("steps", 1),
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = 0.01 },
}

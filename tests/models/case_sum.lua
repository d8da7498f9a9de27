-- case_sum.lua -- the mean of a million losses near 1
local d = data.raw { ".", shuffle = false, columns = { x = { "noise.bin", 1000, type = "float32" } } }
local w = nn.Parameter(1, { init = 1 })

train {
  data     = d, batch = 1000, micro_batch = 1, steps = 1,
  minimize = fn.mean(w * d.x),
  optim    = optim.SGD { lr = 1 },
}

-- case_count.lua -- 2^24 + 1 of 257 * 65,536 tokens count, each with the same loss
local d = data.raw { ".", shuffle = false, columns = { mask = { "mask.bin", 65536, type = "uint8" } } }
local w = nn.Parameter(1, { init = 0.1 })

train {
  data     = d, batch = 257, micro_batch = 1, steps = 1,
  minimize = fn.sum(w * d.mask) / fn.sum(d.mask), report = { tokens = fn.sum(d.mask) },
  optim    = optim.SGD { lr = 1 },
}

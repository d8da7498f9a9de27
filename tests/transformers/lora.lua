-- lora.lua -- adapters of two layers of three; the layers without stay as they are, or are trained
local rows = data.raw { "rows", shuffle = false, columns = { x = { "x.bin", 7, type = "float32" }, y = { "y.bin", 3, type = "float32" } } }
local net = nn.Sequential { nn.LoRA(nn.Linear(10), { rank = 3, alpha = 6 }), nn.Tanh(), nn.Linear(5), nn.Tanh(),
  nn.LoRA(nn.Linear(3, { bias = false }), { rank = 2 }) }
train { data = rows, batch = 32, micro_batch = 8, tail = "step", steps = 50, minimize = fn.mse(net(rows.x), rows.y),
  optim = optim.AdamW { lr = 1e-2, weight_decay = 0.1, clip = 0.5 } }

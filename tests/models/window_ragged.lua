-- window_ragged.lua -- eight rows of 128 tokens of which 1 to 128 count; -D micro_batch=M
local text = data.csv { "ragged.csv", shuffle = false,
  columns = { token = "1-1536", target = { "1537-1664", classes = 5 } } }
local net  = nn.Sequential { nn.Linear(16), nn.Tanh(), nn.Linear(5) }

train {
  data     = text, batch = 8, micro_batch = option("micro_batch", 1), steps = 1,
  minimize = fn.cross_entropy(net(fn.reshape(text.token, 128, 12)), text.target, { ignore_index = -100 }),
  optim    = optim.SGD { lr = 0.5 },
}

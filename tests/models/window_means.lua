-- window_means.lua -- window_ragged.lua with the mean of each row's mean: what the window must not be
local text = data.csv { "ragged.csv", shuffle = false,
  columns = { token = "1-1536", target = { "1537-1664", classes = 5 } } }
local net  = nn.Sequential { nn.Linear(16), nn.Tanh(), nn.Linear(5) }
local each = fn.cross_entropy(net(fn.reshape(text.token, 128, 12)), text.target,
  { ignore_index = -100, reduction = "none" })

train {
  data     = text, batch = 8, micro_batch = 1, steps = 1,
  minimize = fn.mean(fn.sum(each, { axis = 2 }) / fn.sum(fn.ne(text.target, -100), { axis = 2 })),
  optim    = optim.SGD { lr = 0.5 },
}

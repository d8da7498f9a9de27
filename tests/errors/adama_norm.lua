local set = data.csv { "x.csv", columns = { x = "1-2", m = "m" } }
local net = nn.Linear(1)
train { data = set, batch = 8, micro_batch = 2, epochs = 1, report = { grad_norm = true },
  minimize = fn.mean(net(set.x)), optim = optim.AdamW { accumulate_in = "moments" } }

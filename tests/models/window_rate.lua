-- window_rate.lua -- six updates, a warm-up of three and a line to 0, whatever the window's split; -D accumulate=4
local rows = data.idx { "rows_80", image = {16}, type = "float32", classes = 6, shuffle = false }
local net  = nn.Sequential { nn.Linear(6) }

train {
  data     = rows, batch = 16, accumulate = 1, steps = 6,
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.SGD { lr = optim.linear { 0.4, 0, warmup = 3 } },
}

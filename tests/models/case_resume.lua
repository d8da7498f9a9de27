-- case_resume.lua -- shuffled rows, noise, moments and a schedule of rates: what a checkpoint must hold; -D micro_batch=M splits a window
local rows = data.idx { "rows_1024", image = {16}, type = "float32", classes = 6, valid = 100 }
local net  = nn.Sequential { nn.Linear(12), nn.Tanh(), nn.Dropout(0.2), nn.Linear(6) }

train {
  data     = rows, batch = 32, micro_batch = option("micro_batch", 4), steps = 24, validate = option("validate", 1000),
  minimize = fn.cross_entropy(net(rows.image), rows.label),
  optim    = optim.AdamW { lr = optim.cosine { 1e-2 }, clip = 1 },
}

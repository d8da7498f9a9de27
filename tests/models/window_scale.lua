-- window_scale.lua -- the gradient of a row is the row: g as the file has it, weighted by m or not, or 1,000 numbers of length 1 with
-- noise whose squares add up to 200
local how  = option("g", "file")
local rows = data.csv { "scale.csv", shuffle = false, columns = { g = "1-2", m = "m" } }
local net  = nn.Linear(1, { bias = false })
local many = fn.randn(1000) * 0.2 ^ 0.5 + 0.001 ^ 0.5
local y    = net(how == "file" and rows.g or many)
local mask = option("mask", "none")
local kind = mask == "none" and fn.mean(y) or fn.sum(y * rows.m) / fn.sum(rows.m)

train {
  data     = rows, batch = option("batch", 2), micro_batch = option("micro_batch", 1), epochs = 1,
  minimize = how == "file" and kind or fn.mean(y) + 0 * fn.mean(rows.m), report = { noise_scale = true }, optim = optim.SGD { lr = 0 },
}

-- noise.lua -- gradients that are draws: row n of data is one-hot, so that column n of a weight's gradient belongs to sample n
local valid = option("valid", 0)
local rows = data.csv { "rows.csv", shuffle = false, valid = valid > 0 and valid or nil, columns = { one = "1-8" } }
local normal, uniform, t = nn.Linear(500, { bias = false }), nn.Linear(500, { bias = false }), nn.Linear(1, { bias = false })
local y = t(rows.one)
local loss = fn.sum(normal(rows.one) * fn.randn(500)) + fn.sum(uniform(rows.one) * fn.rand(500))
train {
  data = rows, batch = 8 - valid, micro_batch = option("micro_batch", 8), steps = 2, seed = option("seed", 1), validate = "1 updates",
  minimize = loss + fn.sum(fn.when_training(3 * y, y * y)), optim = optim.SGD { lr = 0.1 },
  report = { training = fn.mean(fn.when_training(0 * y + 1, 0 * y)), drawn = fn.mean(fn.randn(5)) },
}

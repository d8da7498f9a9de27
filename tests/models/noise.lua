-- noise.lua -- gradients that are draws: row n of data is one-hot, so that column n of a weight's gradient belongs to sample n
local valid, freeze = option("valid", 0), option("freeze", false)
local rows = data.csv { "rows.csv", shuffle = false, valid = valid > 0 and valid or nil, columns = { one = "1-8" } }
local function weight(n) return nn.Linear(n, { bias = false }) end
local normal, uniform, slope, image, t = weight(500), weight(500), weight(500), weight(2000), weight(1)
local y = t(rows.one)
local loss = fn.sum(normal(rows.one) * fn.randn(500)) + fn.sum(uniform(rows.one) * fn.rand(500))
  + fn.sum(fn.rrelu(slope(rows.one) - 9, { lower = 0.25, upper = 0.75 }))
  + fn.sum(nn.Dropout2d(0.25)(fn.reshape(image(rows.one), 500, 2, 2)))
local part = nn.Module { w = nn.Parameter(1, { init = -1 }), relu = nn.RReLU(), drop = nn.Dropout(0.5),
  forward = function(m, x) return m.drop(m.relu(0 * x + m.w)) end }
local passed = fn.mean(part(y))
train {
  data = rows, batch = 8 - valid, micro_batch = option("micro_batch", 8), steps = 2, seed = option("seed", 1), validate = "1 updates",
  minimize = loss + fn.sum(fn.when_training(3 * y, y * y)) + (freeze and 0 or 0 * passed), optim = optim.SGD { lr = 0.1 },
  rules = freeze and { { part, freeze = true } } or nil,
  report = { training = fn.mean(fn.when_training(0 * y + 1, 0 * y)), drawn = fn.mean(fn.randn(5)), passed = passed },
}

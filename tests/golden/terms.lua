-- terms.lua -- tokens of which some count, a second term over samples, a penalty without a batch
-- kernels: 27
-- arena: 400
local text = data.csv { "tokens.csv", shuffle = false, columns = {
  x = "1-24", target = { "25-28", classes = 5 }, score = "score" } }
local norm  = nn.LayerNorm()
local token = nn.Linear(5)
local score = nn.Linear(1)
local h     = norm(fn.reshape(text.x, 4, 6))

train {
  data     = text, batch = 8, micro_batch = 2, steps = 3,
  minimize = fn.cross_entropy(token(h), text.target, { ignore_index = -100 })
    + 0.3 * fn.mse(score(fn.flatten(h)), text.score) + 1e-4 * fn.sum(token.weight ^ 2),
  optim    = optim.Adam { lr = 1e-3 },
}

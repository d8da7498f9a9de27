-- window_terms.lua -- a mean over the tokens that count and 0.3 of a mean over samples; -D term=token, sample or both
local text = data.csv { "ragged.csv", shuffle = false,
  columns = { token = "1-1536", target = { "1537-1664", classes = 5 } } }
local net   = nn.Sequential { nn.Linear(16), nn.Tanh(), nn.Linear(5) }
local y     = net(fn.reshape(text.token, 128, 12))
local token = fn.cross_entropy(y, text.target, { ignore_index = -100 })
local sample = 0.3 * fn.mean(fn.sum(y ^ 2, { axis = { 2, 3 } }))
local terms = { token = token, sample = sample, both = token + sample }

train {
  data     = text, batch = 8, micro_batch = option("micro_batch", 1), steps = 1, count = option("count", "auto"),
  minimize = terms[option("term", "both")],
  optim    = optim.SGD { lr = 0.5 },
}

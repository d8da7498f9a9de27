-- char_mlp.lua -- the next letter of a name, by a table of letters and a perceptron.      gagen run examples/char_mlp.lua
-- lua5.4 examples/name_windows.lua [names.txt] writes the windows; without a list it makes names up. On made-up names the test
-- loss comes to 2.02 nats a letter, where their frequencies alone give 2.85.
local names = data.raw { option("data", "data/names"), valid = 0.05, test = 0.1, columns = {
  before = { "before.bin", 5, classes = 27, type = "uint8" },      -- 0 is the end, 1 to 26 are letters
  next   = { "next.bin", classes = 27, type = "uint8" },
} }

local letters = nn.Embedding(27, 16)
local net     = nn.Sequential { nn.Flatten(), nn.Linear(128), nn.Tanh(), nn.Linear(128), nn.Tanh(), nn.Linear(27) }
local logits  = net(letters(names.before))                         -- [N, 5] -> [N, 5, 16] -> [N, 27]
local loss    = fn.cross_entropy(logits, names.next)

train {
  data     = names, batch = 256, micro_batch = 64, epochs = 10,
  minimize = loss,
  optim    = optim.AdamW { lr = optim.cosine { 3e-3, warmup = 100 }, weight_decay = 0.01 },
  report   = { perplexity = fn.exp(loss), accuracy = fn.accuracy(logits, names.next) },
}

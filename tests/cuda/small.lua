-- small.lua -- a little of every kind of kernel, for bugs to be planted in: a convolution of our own, a pool, products of the
-- library, folds by rows and over the batch, clipping, and a loss whose rows are counted on the way, but for -D count=none.
local rows = data.csv { "rows.csv", shuffle = false, columns = {
  image = "1-100", label = { "101", classes = 5 } } }
local conv   = nn.Conv2d(3, 3, { padding = 1 })
local hidden = nn.Linear(37)
local norm   = nn.LayerNorm()
local head   = nn.Linear(5)
local image  = nn.MaxPool2d(2)(fn.relu(conv(fn.reshape(rows.image / 8, 1, 10, 10))))
local counts = option("count", "late") == "late" and { ignore_index = -100 } or {}
local logits = head(fn.tanh(norm(hidden(fn.flatten(image)))))

train {
  data     = rows, batch = 16, micro_batch = 4, steps = 3, tail = "step",
  minimize = fn.cross_entropy(logits, rows.label, counts),
  optim    = optim.SGD { lr = 0.1, clip = 1 },
  report   = { accuracy = fn.accuracy(logits, rows.label, counts) },
}

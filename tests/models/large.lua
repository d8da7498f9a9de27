-- a table of more elements than an int counts: 2,684,354,560
local rows = data.raw { "rows", shuffle = false, columns = {
  id = { "id.bin", classes = option("rows", 16777216), type = "int32" }, y = { "y.bin", type = "float32" } } }
local words, head = nn.Embedding(option("rows", 16777216), 160), nn.Linear(1)
local y = fn.sum(head(words(rows.id)), { axis = 2 })
train {
  data = rows, batch = 8, micro_batch = 4, steps = 1, minimize = fn.mse(y, rows.y), optim = optim.Adam { lr = 1e-3 },
  rules = { { words, freeze = option("freeze", true) } },
}

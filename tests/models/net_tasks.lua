-- net_tasks.lua -- two losses of one trunk, each over its own count; their numbers are PyTorch's in tests/reference/nets.txt
local rows = data.raw { ".", shuffle = false, columns = {
  x = { "x.bin", 64, type = "float32" }, price = { "price.bin", type = "float32" },
  brand = { "known.bin", classes = 5, type = "int32" } } }
local trunk = nn.Sequential { nn.Linear(12), nn.Tanh() }
local price, brand = nn.Linear(1), nn.Linear(5)
local h = trunk(rows.x)

train {
  data     = rows, micro_batch = 8, accumulate = 4, steps = 50,
  minimize = fn.mse(price(h), rows.price) + 0.3 * fn.cross_entropy(brand(h), rows.brand, { ignore_index = -100 }),
  optim    = optim.AdamW { lr = option("lr", 1e-2), weight_decay = 0.1, clip = 0.5 },
}

-- Outputs of every kind: what training makes anyway, what it does not, views of both, classes by their names.
local set = data.csv { "build/tests/data/predict/train.csv", valid = 0.2, columns = {
  kind = { 1, classes = { "low", "in between", "high" } }, x = "2-5", price = "price" } }
local trunk = nn.Sequential { nn.Linear(16), nn.Tanh() }
local head, side = nn.Linear(3), nn.Linear(1)
local h = trunk(set.x)
local logits = head(h)
local value = side(nn.Dropout(0.5)(h))
local loss = fn.cross_entropy(logits, set.kind) + 0.1 * fn.mse(value, set.price)
local code = fn.matmul(h * h, trunk[1].weight)
train { data = set, batch = 16, micro_batch = 8, epochs = 20, minimize = loss, optim = optim.Adam { lr = 0.02 },
  report = { accuracy = fn.accuracy(logits, set.kind) },
  predict = { class = fn.argmax(logits, { axis = 2 }), p = fn.softmax(logits, { axis = 2 }), value = value,
    code = code, twice = fn.reshape(h, 2, 8), input = set.x } }

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
local apart, ema, adam = option("apart", false), option("ema", 0), optim.Adam { lr = 0.02 }        -- apart: two steps in turn
local function kinds() return step { name = "kinds", minimize = fn.cross_entropy(logits, set.kind), params = { trunk, head }, optim = adam, times = 2 } end
local function prices() return step { name = "prices", minimize = fn.mse(value, set.price), params = side, optim = optim.SGD { lr = 0.05 } } end
train { data = set, batch = 16, micro_batch = 8, epochs = 20, minimize = not apart and loss or nil, optim = not apart and adam or nil,
  apart and kinds() or nil, apart and prices() or nil, ema = ema > 0 and ema or nil, precision = option("precision", "fp32"),
  report = { accuracy = fn.accuracy(logits, set.kind) },
  predict = { class = fn.argmax(logits, { axis = 2 }), p = fn.softmax(logits, { axis = 2 }), value = value,
    code = code, twice = fn.reshape(h, 2, 8), input = set.x } }

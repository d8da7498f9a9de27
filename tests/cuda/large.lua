-- large.lua -- what begins at larger sizes on a device: rows that a whole block folds, tiles of every width with edges, sums over
-- more than 4,096 terms, products cut into parts, heads that are batches of products, pools of several blocks, penalties.
local rows = data.csv { "rows.csv", shuffle = false, columns = {
  image = "1-1600", x = "1601-1639", label = { "1640", classes = 1100 } } }
local x = rows.x / 8

local wide   = nn.Linear(1100)
local logits = wide(x)
local norm   = nn.LayerNorm()
local long   = norm(nn.Linear(1300, { name = "lengthen" })(x))
local soft   = fn.softmax(long, { axis = 2 })
local top    = fn.max(long, { axis = 2 })

-- 9 tokens, 3 heads of 10
local tokens = fn.reshape(nn.Linear(9 * 70, { name = "tell" })(x), 9, 70)
local query, key, value = nn.Linear(30), nn.Linear(30), nn.Linear(30)
local function heads(t) return fn.permute(fn.reshape(t, 9, 3, 10), 1, 3, 2, 4) end
local score  = fn.softmax(fn.matmul(heads(query(tokens)), fn.transpose(heads(key(tokens)), 3, 4)), { axis = -1 })
local mixed  = fn.reshape(fn.permute(fn.matmul(score, heads(value(tokens))), 1, 3, 2, 4), 9, 30)
local told   = nn.Linear(130, { name = "told" })(fn.gelu(mixed))

-- images of 40 x 40
local image  = fn.reshape(rows.image, 1, 40, 40)
local first  = nn.Conv2d(20, 3, { padding = 1 })
local second = nn.Conv2d(34, 3, { stride = 2, padding = 1 })
local third  = nn.Conv2d(17, 1)
local plane  = nn.MaxPool2d(3, { stride = 2, padding = 1 })(fn.relu(first(image)))      -- [20, 20, 20]
local small  = third(nn.MaxPool2d(2)(fn.tanh(second(plane))))                           -- [17, 5, 5]

train {
  data     = rows, batch = 6, micro_batch = option("micro_batch", 3), steps = 2, tail = "step",
  minimize = fn.cross_entropy(logits, rows.label) + fn.mean(top) + 30 * fn.mean(fn.sum(soft * long, { axis = 2 }))
             + fn.mean(told ^ 2) + fn.mean(small ^ 2) + 0.25 * fn.mean(plane ^ 2)
             + 1e-3 * fn.sum(wide.weight ^ 2) + 0.01 * fn.sum(fn.abs(second.weight)),
  optim    = optim.SGD { lr = 0.01, momentum = 0.5 },
  report   = { accuracy = fn.accuracy(logits, rows.label) },
}

-- ahead.lua -- denominators and a detached factor made of products of the data, which are counted ahead of a window
local rows = data.csv { "tests/models/upconv.csv", shuffle = false, columns = { x = { "1-24" }, t = "25" } }
local x = fn.reshape(rows.x, 4, 6)
local a = nn.Linear(5)
local y = a(x)                                                          -- [N,4,5]
local slide = nn.Conv2d(3, 3, { padding = 1, bias = false })
local function over(v, axis) return fn.mean(v, { axis = axis }) end
local ids = fn.floor(fn.abs(fn.tanh(fn.slice(rows.x, { axis = 2, from = 1, to = 4 }))) * 4)
local weights = {
  fn.abs(over(fn.matmul(x, fn.transpose(x, 2, 3)) ^ 2, { 2, 3 })),
  fn.abs(over(fn.matmul(fn.permute(x, 1, 3, 2), x) ^ 3, { 2, 3 })) + 0.5,
  fn.abs(over(fn.gather(fn.matmul(x, fn.transpose(x, 2, 3)), ids, { axis = 2 }), 2)) + 0.1,
  fn.sigmoid(over(slide(fn.reshape(rows.x, 2, 3, 4)), { 2, 3, 4 })),
}
local loss = fn.mean(y) * fn.detach(fn.mean(fn.matmul(x, fn.transpose(x, 2, 3)) ^ 2))
for i, w in ipairs(weights) do loss = loss + fn.sum(over((y - i) ^ 2, { 2, 3 }) * w) / fn.sum(w) end
train { data = rows, batch = 8, micro_batch = 2, steps = 3, minimize = loss, optim = optim.SGD { lr = 0.1 },
        rules = { { slide, freeze = true } } }

-- terms with denominators and statistics of their own; -D term=weighted, additive, window; dice, centred and shares are losses of each micro-batch
local rows  = data.csv { "terms.csv", shuffle = false, columns = { x = "1-4", label = { "5", classes = 3 }, id = "5" } }
local net   = nn.Sequential { nn.Linear(8), nn.Tanh(), nn.Linear(3) }
local y     = net(rows.x)
local p     = fn.softmax(y, { axis = 2 })
local top   = fn.detach(fn.eq(p, fn.max(p, { axis = 2, keepdim = true })))
local mse   = fn.mean(y ^ 2)

local function balance()       -- of shares of the whole window: how many go to an expert times how likely it is
  local sum = 0
  for i = 1, 3 do
    local one = { axis = 2, from = i, to = i }
    sum = sum + 3 * fn.mean(fn.slice(top, one)) * fn.mean(fn.slice(p, one))
  end
  return sum
end

local terms = {
  weighted = function()
    return fn.cross_entropy(y, rows.label, { weight = { 1, 10, 0.1 }, ignore_index = -100, label_smoothing = 0.1 })
  end,
  additive = function() return mse + fn.mean(fn.sum(top * p, { axis = 2 })) end,
  window   = function() return mse + balance() end,
  shares   = function() return mse + fn.per_micro(balance) end,
  centred  = function() return fn.per_micro(function() return fn.mean((y - fn.mean(y, { axis = 1 })) ^ 4) end) end,
  dice     = function()
    local m, q = fn.eq(rows.id, 1), fn.sigmoid(fn.slice(y, { axis = 2, from = 1, to = 1 }))
    return fn.per_micro(function() return 1 - 2 * fn.sum(q * m) / (fn.sum(q) + fn.sum(m)) end)
  end,
}

train {
  data = rows, batch = option("batch", 32), micro_batch = option("micro_batch", 8), steps = 1, minimize = terms[option("term", "weighted")](),
  optim = optim.SGD { lr = 0.5 },
}

-- multitask.lua -- one trunk, two heads: what a used car costs and who made it.      gagen run examples/multitask.lua
-- On the 300 test cars the price is right to 0.16 (1,600) and the brand in 94 of 100.
local cars = data.csv { "examples/cars.csv", valid = 200, test = 300, columns = {
  body  = "1-8",                      -- length to mileage: columns count from 1
  price = "price",                    -- in tens of thousands
  brand = { "brand", classes = { "alba", "borealis", "corvid", "dorado", "elm", "fjord" } },
} }

local trunk = nn.Sequential { nn.Linear(64), nn.ReLU(), nn.Linear(64), nn.ReLU() }
local price = nn.Linear(1)
local brand = nn.Linear(6)

local h          = trunk(cars.body)
local logits     = brand(h)
local price_loss = fn.mse(price(h), cars.price)
local brand_loss = fn.cross_entropy(logits, cars.brand)

-- Each loss is a sum over its own count, over the whole window. Their sum may have any factors; one backward serves both.
train {
  data     = cars, batch = 64, micro_batch = 16, epochs = 200,
  minimize = price_loss + 0.3 * brand_loss,
  optim    = optim.Adam { lr = optim.linear { 3e-3, 0 } },
  report   = { rmse = fn.sqrt(price_loss), accuracy = fn.accuracy(logits, cars.brand) },
}

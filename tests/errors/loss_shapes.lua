local cars = data.csv { "cars.csv", columns = { x = "1-8", price = "9" } }
local loss = fn.mse(nn.Linear(2)(cars.x), cars.price)

local set = data.csv { "cars.csv", columns = { x = "1-4", y = "5" } }
local norm = nn.Standardize()
local y = nn.Linear(1)(norm(set.x / 255))

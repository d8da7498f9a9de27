local set = data.csv { "cars.csv", columns = { x = "1-4", y = "5" } }
local norm = nn.Standardize()
local x = norm(set.x)
local y = norm(set.y)

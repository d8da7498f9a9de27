-- draw_cars.lua -- makes up second-hand cars: 2,000 of six brands, what they measure and what they cost.
--   lua5.4 examples/draw_cars.lua > examples/cars.csv
-- Units keep every column near 1, so that a network can read them as they are.
local brands = {          -- length, width, power, weight, thirst, what the badge adds to the price
  { "alba",    3.9, 1.68, 0.55, 1.00, 0.48, 0.90 },
  { "borealis", 4.6, 1.85, 1.25, 1.55, 0.66, 1.45 },
  { "corvid",  4.3, 1.80, 0.85, 1.30, 0.55, 1.05 },
  { "dorado",  4.5, 1.79, 1.55, 1.40, 0.82, 1.70 },
  { "elm",     4.2, 1.76, 0.75, 1.25, 0.42, 1.00 },
  { "fjord",   4.8, 1.90, 1.10, 1.80, 0.74, 1.25 },
}

math.randomseed(1)

local function normal(deviation)
  local sum = 0
  for _ = 1, 12 do sum = sum + math.random() end
  return deviation * (sum - 6)
end

local function clamp(x, lo, hi) return math.max(lo, math.min(hi, x)) end

-- in tens of thousands: a new car's price, less what age and mileage take; both take less off an expensive one
local function price(premium, power, weight, age, mileage)
  local new = premium * (0.6 + 1.1 * power + 0.5 * weight)
  return new * math.exp(-1.1 * age / (0.6 + 0.4 * premium)) * (1 - 0.18 * mileage) * math.exp(normal(0.06))
end

print("length,width,power,weight,thirst,doors,age,mileage,price,brand")
for _ = 1, 2000 do
  local name, length, width, power, weight, thirst, premium = table.unpack(brands[math.random(#brands)])
  local size = normal(1)  -- a small or a large model of the brand
  length, width = length + 0.14 * size + normal(0.05), width + 0.03 * size + normal(0.02)
  power = clamp(power * math.exp(0.18 * size + normal(0.12)), 0.35, 3)
  weight, thirst = weight + 0.09 * size + normal(0.05), clamp(thirst + 0.1 * (power - 1) + normal(0.04), 0.3, 1.5)
  local age = clamp(math.random() * 1.5, 0.02, 1.5)
  local mileage = clamp(age * (1.3 + normal(0.5)), 0.01, 3)
  print(("%.2f,%.2f,%.2f,%.2f,%.2f,%d,%.2f,%.3f,%.3f,%s"):format(length, width, power, weight, thirst,
    math.random() < 0.3 and 3 or 5, age, mileage, price(premium, power, weight, age, mileage), name))
end

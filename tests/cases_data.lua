-- cases_data.lua -- what tests/cases.sh reads, made of a generator of its own: lua5.4 tests/cases_data.lua DIRECTORY
--   orders_0.csv                  64 rows of 16 tokens of 4 numbers and 16 targets, of which 1 to 16 count; orders_1 to 10 hold the
--                                 same rows in other orders
--   mask.bin                      257 rows of 65,536 bytes, of which 2^24 + 1 are 1
--   noise.bin                     1,000 rows of 1,000 floats, 1 + 1e-4 * noise; mean.txt is their mean in double
local dir = arg[1]
local state = 1
local function random() state = state * 16807 % 2147483647 return state / 2147483647 end
local function file(name, text)
  local f = assert(io.open(dir .. "/" .. name, "wb"))
  f:write(text)
  f:close()
end

local function names(from, to, letter)
  local t = {}
  for i = from, to do t[#t + 1] = letter .. i end
  return table.concat(t, ",")
end

local function row(valid)
  local t = {}
  for i = 1, 64 do t[i] = ("%.6g"):format(2 * random() - 1) end
  for i = 1, 16 do t[64 + i] = i <= valid and math.floor(5 * random()) or -100 end
  return table.concat(t, ",")
end

local rows = {}
for i = 1, 64 do rows[i] = row(1 + math.floor(16 * random() ^ 3)) end
for order = 0, 10 do
  file(("orders_%d.csv"):format(order), names(1, 64, "x") .. "," .. names(1, 16, "y") .. "\n" .. table.concat(rows, "\n") .. "\n")
  for i = 64, 2, -1 do
    local j = 1 + math.floor(i * random())
    rows[i], rows[j] = rows[j], rows[i]
  end
end

local width = 65536
file("mask.bin", ("\1"):rep((1 << 24) + 1) .. ("\0"):rep(width - 1))

local noise, sum = {}, 0
for i = 1, 1000 * 1000 do
  noise[i] = string.pack("<f", 1 + 1e-4 * random())
  sum = sum + string.unpack("<f", noise[i])
end
file("noise.bin", table.concat(noise))
file("mean.txt", ("%.17g\n"):format(sum / 1e6))

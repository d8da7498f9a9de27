-- check.lua CHECKPOINT OUT ROWS [DIR]: table.lua's outputs in OUT (CSV), computed here from the weights, are those of the rows of
-- ROWS (a, b, c and d in order); DIR/NAME.npy hold the same numbers. Says how far they differ, exits 1 when too far. Options after:
-- of=ema. for tensors that begin so, bits=8 where what is multiplied has so many, within=0.05 for how far is too far.
local option, words = {}, {}
for _, w in ipairs(arg) do
  local key, value = w:match "^(%l+)=(.*)$"
  if key then option[key] = value else words[#words + 1] = w end
end
local checkpoint, out, rows, dir = table.unpack(words)

-- to the nearest number of that many bits, to even between two
local function rounded(x)
  if not option.bits or x == 0 then return x end
  local unit = 2.0 ^ (math.floor(math.log(math.abs(x), 2)) + 1 - option.bits)
  local n = math.floor(x / unit)
  local rest = x / unit - n
  return (n + ((rest > 0.5 or rest == 0.5 and n % 2 == 1) and 1 or 0)) * unit
end

local function weights(path)
  local f = assert(io.open(path, "rb"))
  local size = string.unpack("<I8", f:read(8))
  local head, data, t = f:read(size), f:read("a"), {}
  for name, from, to in head:gmatch('"([%w_.]+)":{"dtype":"F32","shape":%[[%d,]*%],"data_offsets":%[(%d+),(%d+)%]') do
    t[name] = { string.unpack("<" .. ("f"):rep((to - from) // 4), data, from + 1) }
  end
  return t
end

local function lines(path)
  local t = {}
  for l in io.lines(path) do
    local r = {}
    for x in (l .. ","):gmatch("([^,]*),") do r[#r + 1] = tonumber(x) or x end
    t[#t + 1] = r
  end
  return t
end

local p = weights(checkpoint)
for name, t in pairs(option.of and weights(checkpoint) or {}) do
  if name:sub(1, #option.of) == option.of then p[name:sub(#option.of + 1)] = t end
end
local function linear(name, x, outputs)
  local y, w, b = {}, p[name .. ".weight"], p[name .. ".bias"]
  for o = 1, outputs do
    y[o] = b[o]
    for i = 1, #x do y[o] = y[o] + rounded(w[(o - 1) * #x + i]) * rounded(x[i]) end
  end
  return y
end

local names = { "low", "in between", "high" }
local function expected(x)
  local h, y, best = linear("trunk.0", x, 16), {}, 1
  for i = 1, 16 do h[i] = (math.exp(h[i]) - math.exp(-h[i])) / (math.exp(h[i]) + math.exp(-h[i])) end
  local logits, sum = linear("head", h, 3), 0
  for k = 1, 3 do
    if logits[k] > logits[best] then best = k end
    sum = sum + math.exp(logits[k])
  end
  y[1] = names[best]
  for i = 1, 4 do
    local s = 0
    for o = 1, 16 do s = s + rounded(h[o] ^ 2) * rounded(p["trunk.0.weight"][(o - 1) * 4 + i]) end
    y[#y + 1] = s
  end
  for i = 1, 4 do y[#y + 1] = x[i] end
  for k = 1, 3 do y[#y + 1] = math.exp(logits[k]) / sum end
  table.move(h, 1, 16, #y + 1, y)
  y[#y + 1] = linear("side", h, 1)[1]
  return y
end

local got, given, worst = lines(out), lines(rows), 0
local function differ(a, b)
  if type(a) == "string" or type(b) == "string" then worst = a == b and worst or math.huge
  else worst = math.max(worst, math.abs(a - b) / (1 + math.abs(b))) end
end
if #got ~= #given + 1 or #got[1] ~= 29 then worst = math.huge end
for i, x in ipairs(given) do
  for k, y in ipairs(expected(x)) do differ(got[i + 1] and got[i + 1][k] or math.huge, y) end
end

local function array(name, from, width)
  local f = assert(io.open(dir .. "/" .. name .. ".npy", "rb"))
  local s = f:read("a")
  local at = 11 + string.unpack("<I2", s, 9)
  local format = name == "class" and "<i8" or "<f"
  local size, type_ = string.packsize(format), s:match "'descr': '(<%w+)'"
  if (at - 1) % 64 ~= 0 or #s ~= at - 1 + size * width * #given or type_ ~= (size == 8 and "<i8" or "<f4") then worst = math.huge return "?" end
  for i = 1, #given do
    for k = 1, width do
      local v = string.unpack(format, s, at)
      if name == "class" then v = names[v + 1] end
      differ(v, got[i + 1][from + k])
      at = at + size
    end
  end
  return s:match("'shape': (%b())")
end
if dir then
  local shapes = { array("class", 0, 1), array("code", 1, 4), array("input", 5, 4), array("p", 9, 3), array("twice", 12, 16), array("value", 28, 1) }
  print(table.concat(shapes, " "))
end
print(("%d rows, at most %.1e apart"):format(#given, worst))
os.exit(worst < tonumber(option.within or 1e-5))

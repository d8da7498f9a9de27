-- check.lua -- whether rows are windows of a stream: check.lua STREAM STRIDE OUTPUT; stream is a file of uint16.
local path, stride, output, random = arg[1], tonumber(arg[2]), arg[3], arg[4] == "random"
local f = assert(io.open(path, "rb"))
local bytes, ids = f:read "a", {}
for i = 1, #bytes // 2 do ids[i] = ("<I2"):unpack(bytes, 2 * i - 1) end
local T, END = 6, 7

local function row(from)
  local x, y, d, now = {}, {}, {}, 0
  for i = 1, T do
    x[i], y[i], d[i] = ids[from + i], ids[from + i + 1], now
    if x[i] == END then now = now + 1 end
  end
  return ("x=%s y=%s documents=%s"):format(table.concat(x, ","), table.concat(y, ","), table.concat(d, ","))
end

local at, seen = {}, {}
for from = 0, #ids - T - 1 do at[row(from)] = from end
local n = 0
for line in io.lines(output) do
  if line:find "^x=" then
    local from = at[line]
    if not from then print("no window: " .. line) os.exit(1) end
    if not random and from % stride ~= 0 then print("not at the stride: " .. line) os.exit(1) end
    if not random and from ~= n * stride then print(("row %d is at token %d"):format(n, from)) os.exit(1) end
    seen[from], n = true, n + 1
  end
end
local different = 0
for _ in pairs(seen) do different = different + 1 end
print(n .. " rows, " .. different .. " different")
if n == 0 then os.exit(1) end

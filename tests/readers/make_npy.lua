-- make_npy.lua DIR ROWS SEED: x.npy (uint8, 2 x 3), w.npy (float32, 4), t.npy (int64) and the same rows as rows.csv
local dir, rows, state = arg[1], tonumber(arg[2]), tonumber(arg[3])
local function draw(n)
  state = (state * 1664525 + 1013904223) % 4294967296
  return state * n // 4294967296
end

local function write(name, descr, shape, data)
  local head = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }"):format(descr, shape)
  head = head .. (" "):rep(117 - #head) .. "\n"
  local f = assert(io.open(dir .. "/" .. name, "wb"))
  f:write("\x93NUMPY\1\0", string.pack("<I2", #head), head, table.concat(data))
  f:close()
end

local x, w, t, csv = {}, {}, {}, {}
for i = 1, rows do
  local line = {}
  for _ = 1, 6 do line[#line + 1] = draw(256) end
  x[i] = string.char(table.unpack(line))
  local v = { draw(64) / 64, draw(64) / 64, draw(64) / 64, draw(64) / 64 }
  w[i] = string.pack("<ffff", table.unpack(v))
  table.move(v, 1, 4, 7, line)
  line[11] = (line[1] + line[2]) // 171
  t[i] = string.pack("<i8", line[11])
  csv[i] = table.concat(line, ",") .. "\n"
end
write("x.npy", "|u1", rows .. ", 2, 3", x)
write("w.npy", "<f4", rows .. ", 4", w)
write("t.npy", "<i8", rows .. ",", t)
local f = assert(io.open(dir .. "/rows.csv", "wb"))
f:write(table.concat(csv))
f:close()

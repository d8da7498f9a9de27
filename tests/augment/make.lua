-- make.lua DIR [mirrored]: 48 rows: x and m, images of 4 x 4 places, each 16 times its row plus its column, plus 1000; mirrored ones in
-- the other form; b, the same never mirrored; y, a number.
local dir, mirrored = ...
local function write(name, shape, data)
  local head = ("{'descr': '<f4', 'fortran_order': False, 'shape': (%s), }"):format(shape)
  head = head .. (" "):rep(117 - #head) .. "\n"
  local f = assert(io.open(dir .. "/" .. name, "wb"))
  f:write("\x93NUMPY\1\0", string.pack("<I2", #head), head, table.concat(data))
  f:close()
end
local x, b, y = {}, {}, {}
for n = 1, 48 do
  for i = 1, 4 do
    for k = 1, 4 do
      x[#x + 1] = string.pack("<f", 1000 + 16 * i + (mirrored and 5 - k or k))
      b[#b + 1] = string.pack("<f", 1000 + 16 * i + k)
    end
  end
  y[n] = string.pack("<f", n * 37 % 48 / 48)
end
write("x.npy", "48, 1, 4, 4", x)
write("m.npy", "48, 1, 4, 4", x)
write("b.npy", "48, 1, 4, 4", b)
write("y.npy", "48,", y)

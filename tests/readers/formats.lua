-- formats.lua -- what npy.t and safetensors.t share: facts as TAP, files, a program that reads them, what it says.
local M = { facts = 0, failed = false, dir = nil }

function M.ok(good, what)
  M.facts = M.facts + 1
  M.failed = M.failed or not good
  print((good and "ok " or "not ok ") .. M.facts .. " - " .. what)
  return good
end

function M.finish()
  print("1.." .. M.facts)
  os.exit(not M.failed)
end

function M.write(name, ...)
  local f = assert(io.open(M.dir .. "/" .. name, "wb"))
  f:write(...)
  f:close()
end

-- what a command prints, and whether it exits with 0
function M.run(command)
  local f = assert(io.popen(command .. " 2>&1"))
  local text = f:read "a"
  return text, (f:close())
end

function M.compile(out, source)
  local zlib = io.open "/usr/include/zlib.h" and "-lz" or ""
  local text, good = M.run(("%s -std=gnu11 -O1 -Iruntime %s -L. -lgagen %s -lm -lpthread -o %s"):format(os.getenv "CC" or "gcc", source, zlib, out))
  if not good then
    M.ok(false, source .. " compiles: " .. text:sub(1, 300))
    M.finish()
  end
end

-- pack(type, numbers): the elements as little-endian bytes, types by NumPy's letters
local formats = { i1 = "<i1", u1 = "<I1", i2 = "<i2", u2 = "<I2", i4 = "<i4", u4 = "<I4", i8 = "<i8", u8 = "<I8", f4 = "<f", f8 = "<d", b1 = "<I1" }
local function half(x)                   -- of numbers that 16 bits hold, normal ones and zero
  if x == 0 then return 0 end
  local sign, e = x < 0 and 0x8000 or 0, 0
  x = math.abs(x)
  while x >= 2 do x, e = x / 2, e + 1 end
  while x < 1 do x, e = x * 2, e - 1 end
  return sign | (e + 15) << 10 | math.tointeger((x - 1) * 1024)
end

function M.pack(type_, list)
  local t = {}
  for i, x in ipairs(list) do
    if type_ == "f2" then t[i] = ("<I2"):pack(half(x))
    elseif type_ == "bf" then t[i] = ("<f"):pack(x):sub(3, 4)
    elseif type_:find "f" then t[i] = formats[type_]:pack(x)
    else t[i] = formats[type_]:pack(math.tointeger(x)) end
  end
  return table.concat(t)
end

-- the same elements with their bytes in the other order
function M.swap(text, size)
  return (text:gsub(("."):rep(size), string.reverse))
end

-- a zip archive of one stored member, and that member of such an archive
function M.zip(name, data)
  local head = ("<I2I2I2I2I2I4I4I4I2I2"):pack(20, 0, 0, 0, 33, 0, #data, #data, #name, 0)
  return "PK\3\4" .. head .. name .. data .. "PK\1\2"
end

function M.unzip(text)
  local size, name = ("<I4"):unpack(text, 19), ("<I2"):unpack(text, 27)
  return text:sub(31, 30 + name), text:sub(31 + name, 30 + name + size)
end

return M

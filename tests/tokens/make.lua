-- make.lua -- writes streams of tokens in all forms: make.lua DIRECTORY
local at = arg[1]
local function write(name, text)
  local f = assert(io.open(at .. "/" .. name, "wb"))
  f:write(text)
  f:close()
end
local function pack(list, form)
  local out = {}
  for i, v in ipairs(list) do out[i] = form:pack(v) end
  return table.concat(out)
end
local function header(n, version) return ("<i4i4i4"):rep(1):pack(20240520, version, n) .. ("\0"):rep(1024 - 12) end
local function npy(list, descr, form)
  local head = ("{'descr': '%s', 'fortran_order': False, 'shape': (%d,), }"):format(descr, #list)
  head = head .. (" "):rep(63 - (10 + #head) % 64) .. "\n"
  return "\x93NUMPY\1\0" .. ("<I2"):pack(#head) .. head .. pack(list, form)
end
local function part(list, from, to) return table.move(list, from, to, 1, {}) end

local ids, state = {}, 12345
for i = 1, 100 do
  state = (state * 1103515245 + 12345) % 2^31
  ids[i] = state // 65536 % 50
end
write("plain16.bin", pack(ids, "<I2"))
write("plain32.bin", pack(ids, "<I4"))
write("llmc16.bin", header(#ids, 1) .. pack(ids, "<I2"))
write("llmc32.bin", header(#ids, 7) .. pack(ids, "<I4"))
write("short.bin", header(#ids + 1, 1) .. pack(ids, "<I2"))
write("odd.bin", pack(ids, "<I2") .. "\0")
for _, f in ipairs { { "<u2", "<I2" }, { "<i4", "<i4" }, { ">i4", ">i4" }, { "<i8", "<i8" }, { "|u1", "B" }, { "<f4", "<f" } } do
  write(("npy_%s.npy"):format(f[1]:gsub("[<>|]", { ["<"] = "little_", [">"] = "big_", ["|"] = "" })), npy(ids, f[1], f[2]))
end
write("shard_1.bin", header(33, 1) .. pack(part(ids, 1, 33), "<I2"))
write("shard_2.bin", header(4, 1) .. pack(part(ids, 34, 37), "<I2"))
write("shard_3.bin", header(63, 1) .. pack(part(ids, 38, 100), "<I2"))
ids[72] = 50
write("beyond.bin", pack(ids, "<I2"))
ids[72] = -1
write("beyond.npy", npy(ids, "<i8", "<i8"))
write("tiny.bin", pack(part(ids, 1, 6), "<I2"))
-- the same letters twice, in one byte each and in up to four
local plain, wide = {}, {}
for i = 1, 60 do
  local k = i * i * i % 11
  plain[i], wide[i] = string.char(65 + k), utf8.char(({ 10, 65, 66, 67, 68, 69, 70, 0xe9, 0x3b1, 0x20ac, 0x1d11e })[k + 1])
end
write("plain.txt", table.concat(plain))
write("wide.txt", table.concat(wide))
write("part_1.txt", wide[1])
write("part_2.txt", table.concat(wide, "", 2, 40))
write("part_3.txt", table.concat(wide, "", 41))
write("other.txt", table.concat(plain):gsub("K", "Z") .. "")
write("binary.txt", table.concat(plain) .. "\xff" .. table.concat(plain))

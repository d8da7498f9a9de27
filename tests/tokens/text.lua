-- text.lua -- writes 400 letters a to f and the same as ids: text.lua DIRECTORY
local letters, ids, state = {}, {}, 7
for i = 1, 400 do
  state = (state * 1103515245 + 12345) % 2^31
  local k = (state // 65536 % 3 + i) % 6
  letters[i], ids[i] = string.char(97 + k), ("<I2"):pack(k)
end
for name, list in pairs { text = letters, ids = ids } do
  local f = assert(io.open(arg[1] .. "/" .. name, "wb"))
  f:write(table.concat(list))
  f:close()
end

-- text.lua -- tokens for bench/models/gpt.lua: lua5.4 bench/text.lua DIRECTORY POSITIONS VOCABULARY writes x.bin and y.bin, rows of int32.
-- A token is the one before it and a hashed step of 0 to 4, so the loss falls; y is x, one place further.
local dir, T, V = arg[1], math.tointeger(arg[2]), math.tointeger(arg[3])
local COUNT, SEED = 1 << 18, 7

local function hash(index, seed)        -- tests/hashed.h's
  local x = (index + seed * 0x9E3779B9) & 0xffffffff
  x = (x ~ x >> 16) * 0x7feb352d & 0xffffffff
  x = (x ~ x >> 15) * 0x846ca68b & 0xffffffff
  return x ~ x >> 16
end

os.execute("mkdir -p '" .. dir .. "'")
local x, y = assert(io.open(dir .. "/x.bin", "wb")), assert(io.open(dir .. "/y.bin", "wb"))
local token = hash(0, SEED) % 5 % V
for row = 1, COUNT // T do
  local tokens = { token }
  for i = 1, T do
    token = (token + hash((row - 1) * T + i, SEED) % 5) % V
    tokens[i + 1] = token
  end
  x:write(string.pack("<" .. ("i4"):rep(T), table.unpack(tokens, 1, T)))
  y:write(string.pack("<" .. ("i4"):rep(T), table.unpack(tokens, 2)))
end
x:close()
y:close()

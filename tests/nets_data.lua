-- nets_data.lua -- writes the data and the first weights of tests/reference/nets.py: lua5.4 tests/nets_data.lua DIRECTORY
--   x.bin      108 rows of 64 floats        label.bin   int32, 0 .. 4      known.bin   the same, -100 where a label is not known
--   price.bin  108 floats                   conv.safetensors, tasks.safetensors, batch_norm.safetensors
local dir = arg[1]

local function hash(index, seed)        -- tests/hashed.h's
  local x = (index + seed * 0x9E3779B9) & 0xffffffff
  x = (x ~ x >> 16) * 0x7feb352d & 0xffffffff
  x = (x ~ x >> 15) * 0x846ca68b & 0xffffffff
  return x ~ x >> 16
end

local function real(index, seed, scale) return scale * (2 * ((hash(index, seed) >> 8) / 16777216) - 1) end

local function pack(format, n, value)
  local t = {}
  for i = 1, n do t[i] = string.pack(format, value(i - 1)) end
  return table.concat(t)
end

local function file(name, text)
  local f = assert(io.open(dir .. "/" .. name, "wb"))
  f:write(text)
  f:close()
end

-- every tensor of hash_real, scale 0.25, a seed of its own, but for those named in `ones`
local function weights(name, seed, ones, list)
  local head, body, at = {}, {}, 0
  for i, t in ipairs(list) do
    local n = 1
    for _, d in ipairs(t[2]) do n = n * d end
    head[i] = ('"%s":{"dtype":"F32","shape":[%s],"data_offsets":[%d,%d]}'):format(t[1], table.concat(t[2], ","), at, at + 4 * n)
    body[i] = pack("<f", n, function(e) return ones[t[1]] and 1 or real(e, seed + i - 1, 0.25) end)
    at = at + 4 * n
  end
  local text = "{" .. table.concat(head, ",") .. "}"
  text = text .. (" "):rep(-#text % 8)
  file(name, string.pack("<i8", #text) .. text .. table.concat(body))
end

local function label(i) return hash(i, 4002) % 5 end
file("x.bin", pack("<f", 108 * 64, function(i) return real(i, 4001, 1) end))
file("price.bin", pack("<f", 108, function(i) return real(i, 4003, 1) end))
file("label.bin", pack("<i4", 108, label))
file("known.bin", pack("<i4", 108, function(i) return label(i) * 3 % 4 == 2 and -100 or label(i) end))
weights("conv.safetensors", 4100, { ["net.1.weight"] = true, ["net.5.weight"] = true }, {
  { "net.0.weight", { 4, 1, 3, 3 } }, { "net.0.bias", { 4 } }, { "net.1.weight", { 4 } }, { "net.1.bias", { 4 } },
  { "net.4.weight", { 6, 4, 3, 3 } }, { "net.4.bias", { 6 } }, { "net.5.weight", { 6 } }, { "net.5.bias", { 6 } },
  { "net.8.weight", { 5, 96 } }, { "net.8.bias", { 5 } } })
weights("tasks.safetensors", 4200, {}, {
  { "trunk.0.weight", { 12, 64 } }, { "trunk.0.bias", { 12 } }, { "price.weight", { 1, 12 } }, { "price.bias", { 1 } },
  { "brand.weight", { 5, 12 } }, { "brand.bias", { 5 } } })
weights("batch_norm.safetensors", 4300, { ["first.weight"] = true, ["left.1.weight"] = true, ["right.1.weight"] = true,
  ["first.running_var"] = true, ["left.1.running_var"] = true, ["right.1.running_var"] = true, ["twice.running_var"] = true }, {
  { "conv.weight", { 7, 1, 3, 3 } }, { "first.weight", { 7 } }, { "first.bias", { 7 } },
  { "left.0.weight", { 17, 7, 3, 3 } }, { "left.1.weight", { 17 } }, { "left.1.bias", { 17 } },
  { "right.0.weight", { 17, 7, 1, 1 } }, { "right.1.weight", { 17 } }, { "right.1.bias", { 17 } },
  { "head.weight", { 5, 17 } }, { "head.bias", { 5 } },
  { "first.running_mean", { 7 } }, { "first.running_var", { 7 } }, { "left.1.running_mean", { 17 } }, { "left.1.running_var", { 17 } },
  { "right.1.running_mean", { 17 } }, { "right.1.running_var", { 17 } }, { "twice.running_mean", { 17 } }, { "twice.running_var", { 17 } } })

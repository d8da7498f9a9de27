-- make_cifar.lua DIR: two batches of 40 records and a test batch of 20; the channels of an image say its class in bits
local state = 1
local function draw(n)
  state = (state * 1664525 + 1013904223) % 4294967296
  return state * n // 4294967296
end

local function batch(name, rows)
  local f = assert(io.open(arg[1] .. "/" .. name .. ".bin", "wb"))
  for row = 1, rows do
    local class = row % 10
    f:write(string.char(class))
    for channel = 0, 2 do f:write(string.char((class >> channel & 1) * 200 + 20 + draw(20)):rep(512), string.char((class >> 3) * 200 + draw(20)):rep(512)) end
  end
  f:close()
end
batch("data_batch_1", 40)
batch("data_batch_2", 40)
batch("test_batch", 20)

-- rules_model.lua -- the cases of tests/reference/rules.txt as models, their rows and first weights as files.
--
--   lua5.4 tests/rules_model.lua DIR                 writes rows.csv, start.safetensors, and NAME.lua and NAME.txt for each case

local ROWS, IN = 24, 6
local shapes = { { "backbone.0.weight", 9, 6 }, { "backbone.0.bias", 9 }, { "backbone.3.weight", 5, 9 }, { "backbone.3.bias", 5 },
  { "top.0.weight", 7, 5 }, { "top.0.bias", 7 }, { "top.2.weight", 1, 7 }, { "top.2.bias", 1 } }

local function hash(i, seed)
  local x = (i + seed * 0x9E3779B9) & 0xFFFFFFFF
  x = ((x ~ x >> 16) * 0x7feb352d) & 0xFFFFFFFF
  x = ((x ~ x >> 15) * 0x846ca68b) & 0xFFFFFFFF
  return x ~ x >> 16
end

local function real(n, seed)
  local t = {}
  for i = 1, n do t[i] = 2 * ((hash(i - 1, seed) >> 8) / 16777216) - 1 end
  return t
end

local function write(path, text)
  local f = assert(io.open(path, "wb"))
  assert(f:write(text))
  assert(f:close())
end

local function rows(dir)
  local x, y, lines = real(ROWS * IN, 1), real(ROWS, 2), { "a,b,c,d,e,f,y" }
  for r = 1, ROWS do
    local row = {}
    for i = 1, IN do row[i] = ("%.17g"):format(x[(r - 1) * IN + i]) end
    row[IN + 1] = ("%.17g"):format(y[r])
    lines[r + 1] = table.concat(row, ",")
  end
  write(dir .. "/rows.csv", table.concat(lines, "\n") .. "\n")
end

local function weights(dir)
  local head, body, at = {}, {}, 0
  for i, s in ipairs(shapes) do
    local n = s[2] * (s[3] or 1)
    head[i] = ('"%s":{"dtype":"F64","shape":[%s],"data_offsets":[%d,%d]}'):format(s[1], table.concat(s, ",", 2), at, at + 8 * n)
    body[i] = string.pack("<" .. ("d"):rep(n), table.unpack(real(n, 9 + i)))
    at = at + 8 * n
  end
  local text = "{" .. table.concat(head, ",") .. "}"
  text = text .. (" "):rep(-#text % 8)
  write(dir .. "/start.safetensors", string.pack("<I8", #text) .. text .. table.concat(body))
end

-- what holds for a file of its own
local net = [[
local rows  = data.csv { "rows.csv", shuffle = false, columns = { x = "1-6", y = "y" } }
local trunk = nn.File "parts/trunk.lua"
local head  = nn.Sequential { nn.Linear(7), nn.Tanh(), nn.Linear(1) }
local mse, ramp = fn.mse(head(trunk(rows.x)), rows.y), optim.linear { 0.25, 1, over = 4 }
local m, d = fn.gt(rows.y, 0), fn.reshape(head(trunk(rows.x))) - rows.y
local masked, size = fn.sum(fn.abs(d) * m) / fn.sum(m), fn.sum(head[3].weight ^ 2)
train { data = rows, batch = 8, micro_batch = 4, steps = 6, minimize = %s,
  optim = %s,
  rules = {
    { trunk, load = "start.safetensors", key = function(path) return "backbone." .. path end, freeze = true },
    { head, load = "start.safetensors", key = function(path) return "top." .. path end },
    %s } }
]]
local models = {
  adamw = net:format("mse", "optim.AdamW { lr = 0.01, weight_decay = 0.1 }", [[
    { trunk[4], freeze = false, lr = optim.cosine { 0.02, warmup = 2 } },
    { function(p) return #p.shape < 2 end, weight_decay = 0 },
    { head[3], betas = { 0.5, 0.9 } },
    { head[3].bias, weight_decay = 0.5 }]]),
  sgd = net:format("mse", "optim.SGD { lr = 0.1, momentum = 0.9, weight_decay = 0.05 }", [[
    { function(p) return p.kind == "bias" end, weight_decay = 0 },
    { trunk[4], freeze = false, lr = 0.2, momentum = 0, weight_decay = 0.05 },
    { head[1], nesterov = true }]]),
  ramp = net:format("mse + ramp * masked + size * (0.1 * ramp)", "optim.SGD { lr = 0.1 }", "{ trunk[4], freeze = false }"),
  ramp_late = net:format("ramp * masked + size * 0.1 * ramp", "optim.SGD { lr = 0.1 }", "{ trunk[4], freeze = false }") }

local dir = arg[1]
os.execute("mkdir -p " .. dir .. "/parts")
write(dir .. "/parts/trunk.lua", [[
local size = 9
return nn.Sequential { nn.Linear(size), nn.Tanh(), nn.Dropout(0.5), nn.Linear(5), nn.Tanh() }
]])
rows(dir)
weights(dir)
for name, text in pairs(models) do write(("%s/%s.lua"):format(dir, name), text) end
local out
for line in io.lines((arg[0]:match "^(.*)/[^/]*$" or ".") .. "/reference/rules.txt") do
  local name = line:match "^case (%S+)"
  if name then out = assert(io.open(("%s/%s.txt"):format(dir, name), "w"))
  elseif out then out:write(line, "\n") end
end

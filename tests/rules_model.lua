-- rules_model.lua -- the cases of tests/reference/rules.txt as models, their rows and first weights as files.
--
--   lua5.4 tests/rules_model.lua DIR                 writes rows.csv, start.safetensors, and NAME.lua and NAME.txt for each case

local here = arg[0]:match "^(.*)/[^/]*$" or "."
local hashed = dofile(here .. "/hashed.lua")
local shapes = { { "backbone.0.weight", 9, 6 }, { "backbone.0.bias", 9 }, { "backbone.3.weight", 5, 9 }, { "backbone.3.bias", 5 },
  { "top.0.weight", 7, 5 }, { "top.0.bias", 7 }, { "top.2.weight", 1, 7 }, { "top.2.bias", 1 } }

-- what holds for a file of its own
local net = [[
local rows  = data.csv { "rows.csv", shuffle = false, columns = { x = "1-6", y = "y1" } }
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
  ema = net:gsub("rules = {", "ema = 0.9, rules = {"):format("mse", "optim.AdamW { lr = 0.01, weight_decay = 0.1 }", [[
    { trunk[4], freeze = false, lr = optim.cosine { 0.02, warmup = 2 } },
    { function(p) return #p.shape < 2 end, weight_decay = 0 },
    { head[3], betas = { 0.5, 0.9 } },
    { head[3].bias, weight_decay = 0.5 }]]),
  masked = net:gsub("rules = {", "ema = 0.9, rules = {"):gsub("rows.y, 0", "rows.y, 5"):format("masked",
    "optim.AdamW { lr = 0.01, weight_decay = 0.1 }", "{ trunk[4], freeze = false }"),
  in_place = net:format("mse", 'optim.SGD { lr = 0.1, momentum = 0.9, weight_decay = 0.05, accumulate_in = "momentum" }',
    "{ trunk[4], freeze = false }"),
  adama = net:format("mse", 'optim.Adam { lr = 0.01, accumulate_in = "moments" }', "{ trunk[4], freeze = false }, { head[3], betas = { 0.5, 0.9 } }"),
  adama_w = net:format("mse", 'optim.AdamW { lr = optim.cosine { 0.02, warmup = 2 }, weight_decay = 0.1, accumulate_in = "moments" }',
    "{ trunk[4], freeze = false }, { head[3], betas = { 0.5, 0.9 } }"),
  sgd = net:format("mse", "optim.SGD { lr = 0.1, momentum = 0.9, weight_decay = 0.05 }", [[
    { function(p) return p.kind == "bias" end, weight_decay = 0 },
    { trunk[4], freeze = false, lr = 0.2, momentum = 0, weight_decay = 0.05 },
    { head[1], nesterov = true }]]),
  lamb = net:format("mse", "optim.LAMB { lr = 0.05, weight_decay = 0.1 }",
    "{ trunk[4], freeze = false }, { function(p) return #p.shape < 2 end, adapt = false, weight_decay = 0 }"),
  lamb_all = net:format("mse", "optim.LAMB { lr = 0.05 }", "{ trunk[4], freeze = false }"),
  ramp = net:format("mse + ramp * masked + size * (0.1 * ramp)", "optim.SGD { lr = 0.1 }", "{ trunk[4], freeze = false }"),
  ramp_late = net:format("ramp * masked + size * 0.1 * ramp", "optim.SGD { lr = 0.1 }", "{ trunk[4], freeze = false }") }

local dir = arg[1]
os.execute("mkdir -p " .. dir .. "/parts")
hashed.write(dir .. "/parts/trunk.lua", [[
local size = 9
return nn.Sequential { nn.Linear(size), nn.Tanh(), nn.Dropout(0.5), nn.Linear(5), nn.Tanh() }
]])
hashed.csv(dir .. "/rows.csv", 24, { { "x", 6, 1 }, { "y", 1, 2 } })
hashed.safetensors(dir .. "/start.safetensors", shapes, 10)
for name, text in pairs(models) do hashed.write(("%s/%s.lua"):format(dir, name), text) end
local out
for line in io.lines(here .. "/reference/rules.txt") do
  local name = line:match "^case (%S+)"
  if name then out = assert(io.open(("%s/%s.txt"):format(dir, name), "w"))
  elseif out then out:write(line, "\n") end
end

-- init.lua -- loads the rooms of dsl/ and returns the table of names that a model file sees.
local core = ...
local loaded = {}

-- what a file of dsl/ returns; each is run once
function core.use(path)
  if loaded[path] == nil then loaded[path] = core.load(path) end
  return loaded[path]
end

core.use("dsl/op.lua")
for _, name in ipairs { "map", "activation", "math", "noise", "reduce", "moments", "softmax",
  "normalize", "batch_norm", "micro", "cross_entropy",
  "loss", "matmul", "attention", "rotary", "conv2d", "max_pool2d", "view", "move", "gather" } do
  core.use("dsl/ops/" .. name .. ".lua")
end
core.use("dsl/fold.lua")
core.use("dsl/join.lua")
core.use("dsl/attention.lua")
core.use("dsl/rotary.lua")
core.use("dsl/scan.lua")
core.use("dsl/recurrent.lua")
core.use("dsl/transformer.lua")
core.use("dsl/lora.lua")
core.use("dsl/make.lua")
core.use("dsl/manual.lua")
core.help = function(name) return core.use("dsl/doc.lua").help(name) end
return core.use("dsl/world.lua")

-- two_models.lua -- losses of two models that share nothing, -D only=1 or 2 for one of them; or of two heads on a trunk, -D share=1
local rows = data.idx { "rows_64", image = {16}, type = "float32", classes = 6, shuffle = false }
local only, share = option("only", 0), option("share", 0)

local function net(width, last)
  return nn.Sequential { nn.Linear(width), nn.GELU(), nn.Linear(width), nn.GELU(), nn.Linear(width), nn.GELU(), nn.Linear(last) }
end

local trunk = share == 1 and nn.Linear(12) or nn.Identity()
local one, two = net(40, 6), net(56, 16)
local x = trunk(rows.image)
local name  = only ~= 2 and fn.cross_entropy(one(x), rows.label)
local image = only ~= 1 and 0.5 * fn.mse(two(x), rows.image)

train {
  data     = rows, batch = 64, micro_batch = 64, steps = 3,
  minimize = name and image and name + image or name or image,
  optim    = optim.SGD { lr = 0.1 },
}

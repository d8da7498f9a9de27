-- view.lua -- the same numbers in another shape. Where a layout can say it nothing is moved.
local core = ...
local op = core.use("dsl/op.lua")
local call = op.call

local function given(_, o) return o.dims, o.batch end

op.view { name = "reshape", role = "reshape", args = { "x" },
  doc = "Other axes, the same elements in the same order.",
  example = "fn.reshape(x, 28, -1)", shape = given,
  grad = function(_, gy, x)
    local to = core.info(x)
    return call.reshape(gy, { dims = to.dims, batch = to.batch })
  end }

op.view { name = "permute", role = "permute", args = { "x" }, doc = "Axes in another order.",
  example = "fn.permute(x, 1, 3, 2)",
  shape = function(x, o)
    local of, dims = core.info(x), {}
    for a, from in ipairs(o.perm) do dims[a] = of.dims[from + 1] end
    return dims, of.batch and o.perm[1] == 0
  end,
  grad = function(y, gy)
    local back = {}
    for a, from in ipairs(core.info(y).perm) do back[from + 1] = a - 1 end
    return call.permute(gy, { perm = back })
  end }

op.view { name = "expand", role = "expand", args = { "x" }, doc = "Axes of extent 1 repeated.",
  example = "fn.expand(x, 3, 4)",
  shape = given,
  grad = function(_, gy, x)
    local from, to, axes = core.info(x), core.info(gy), 0
    for a, n in ipairs(to.dims) do
      if from.dims[a] ~= n then axes = axes | 1 << (a - 1) end
    end
    return call.reshape(call.sum(gy, { axes = axes }), { dims = from.dims, batch = from.batch })
  end }

op.view { name = "detach", role = "detach", args = { "x" },
  doc = "x, but no gradient goes through it.",
  example = "fn.detach(x)",
  shape = function(x) return core.info(x).dims, core.info(x).batch end }

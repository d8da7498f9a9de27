-- move.lua -- part of an axis, and its counterpart: a tensor at a place among zeros. Each is the
-- other's gradient. Element i along the axis is x's element from + i * step; a placed x's element k
-- stands at from + k * step.
local core = ...
local op = core.use("dsl/op.lua")
local attrs = { "axis", "from", "step" }

local function given(_, o) return o.dims, o.batch end

local function back(name)
  return function(y, gy, x)
    local of, to = core.info(y), core.info(x)
    return op.call[name](gy, { axis = of.axis, from = of.from, step = of.step, dims = to.dims,
      batch = to.batch })
  end
end

op.view { name = "slice", role = "slice", args = { "x" }, attrs = attrs,
  doc = "Part of an axis, every step-th element.",
  example = "fn.slice(x, { axis = 3, from = 1, to = 5 })", shape = given,
  grad = back("place") }

op.view { name = "place", role = "place", args = { "x" }, attrs = attrs, hidden = true,
  doc = "x along an axis of zeros.", example = "fn.concat(a, b, { axis = 2 })", shape = given,
  grad = back("slice") }

-- reduce.lua -- sums and maxima along the axes of a sample. A fold is a pass; per_row: the folded
-- axes are gone.
local core = ...
local op = core.use("dsl/op.lua")
local call = op.call

-- a value per row, y or its adjoint, with extent 1 along the axes that y has folded, so that it
-- meets x
function op.beside(r, y, x)
  local to, axes = core.info(x), core.info(y).axes
  for a = 1, #to.dims do
    if axes >> (a - 1) & 1 == 1 then to.dims[a] = 1 end
  end
  return call.reshape(r, { dims = to.dims, batch = to.batch })
end
local beside = op.beside

op.reduce { name = "sum", role = "sum", args = { "x" }, per_row = true, folds = { "sum = sum(x)" },
  value = "sum",
  doc = "The sum along axes; without axes over everything, the batch included.",
  example = "fn.sum(x, { axis = 2 })",
  grad = function(y, gy, x)
    local to = core.info(x)
    return call.expand(beside(gy, y, x), { dims = to.dims, batch = to.batch })
  end }

op.reduce { name = "amax", args = { "x" }, per_row = true, folds = { "max = max(x)" },
  value = "max",
  doc = "The largest along axes; equals share the gradient.", example = "fn.max(x, { axis = 2 })",
  grad = function(y, gy, x) return call.amax_grad(x, beside(y, y, x), beside(gy, y, x),
    { axes = core.info(y).axes }) end }

op.reduce { name = "amax_grad", args = { "x", "m", "gy" }, hidden = true,
  folds = { "equals = sum(select(x == m, 1, 0))" },
  value = "select(x == m, gy / equals, 0)", doc = "The gradient of amax, shared among equals.",
  example = "fn.max(x, { axis = 2 })" }

op.reduce { name = "amin", args = { "x" }, per_row = true, folds = { "min = min(x)" },
  value = "min",
  doc = "The smallest along axes; equals share the gradient.", example = "fn.min(x, { axis = 2 })",
  grad = function(y, gy, x) return call.amax_grad(x, beside(y, y, x), beside(gy, y, x),
    { axes = core.info(y).axes }) end }

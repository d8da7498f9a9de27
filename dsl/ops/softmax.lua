-- softmax.lua -- softmax and its logarithm along one axis, both safe for any finite x.
local core = ...
local op = core.use("dsl/op.lua")
local call = op.call

op.reduce { name = "softmax", args = { "x" }, folds = { "max = max(x)", "sum = sum(exp(x - max))" },
  value = "exp(x - max) / sum",
  doc = "exp(x) over its sum along an axis.", example = "fn.softmax(x, { axis = 2 })",
  grad = function(y, gy) return call.softmax_grad(y, gy, { axes = core.info(y).axes }) end }

op.reduce { name = "softmax_grad", args = { "y", "gy" }, hidden = true,
  folds = { "sum = sum(y * gy)" },
  value = "y * (gy - sum)",
  doc = "The gradient of softmax.", example = "fn.softmax(x, { axis = 2 })" }

op.reduce { name = "log_softmax", args = { "x" },
  folds = { "max = max(x)", "sum = sum(exp(x - max))" },
  value = "x - max - log(sum)",
  doc = "The logarithm of softmax along an axis.", example = "fn.log_softmax(x, { axis = 2 })",
  grad = function(y, gy) return call.log_softmax_grad(y, gy, { axes = core.info(y).axes }) end }

op.reduce { name = "log_softmax_grad", args = { "y", "gy" }, hidden = true,
  folds = { "sum = sum(gy)" },
  value = "gy - exp(y) * sum",
  doc = "The gradient of log_softmax.", example = "fn.log_softmax(x, { axis = 2 })" }

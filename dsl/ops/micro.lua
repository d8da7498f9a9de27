-- micro.lua -- sums over the real rows of a micro-batch; their gradient is zero in the others.
local core = ...
local op = core.use("dsl/op.lua")
local call = op.call
local example = "fn.per_micro(function() return fn.mean(x) * fn.mean(y) end)"

op.reduce { name = "micro_sum", role = "batch", args = { "x", "real" }, per_row = true,
  hidden = true,
  folds = { "s = sum(select(real == 0, 0, x))" }, value = "s",
  doc = "The sum over the real rows of a micro-batch.", example = example,
  grad = function(_, gy, _, real) return call.micro_spread(gy, real) end }
op.map { name = "micro_spread", args = { "x", "real" }, value = "select(real == 0, 0, x)",
  hidden = true,
  doc = "x in every real row, 0 in others.", example = example }

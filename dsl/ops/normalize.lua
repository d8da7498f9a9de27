-- normalize.lua -- zero mean and unit variance, or unit mean square, along axes: the hearts of
-- LayerNorm and RMSNorm.
local core = ...
local op = core.use("dsl/op.lua")

op.reduce { name = "normalize", args = { "x" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "a = sum(x)", "v = sum((x - a / n) * (x - a / n))" },
  value = "(x - a / n) / sqrt(v / n + eps)",
  doc = "x less its mean, over the root of its variance + eps; n is the number of values.",
  example = "nn.LayerNorm()",
  grad = function(y, gy, x)
    local of = core.info(y)
    return op.call.normalize_grad(x, gy, { axes = of.axes, eps = of.eps })
  end }

op.reduce { name = "normalize_grad", args = { "x", "gy" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "a = sum(x)", "v = sum((x - a / n) * (x - a / n))", "s = sum(gy)",
    "q = sum(gy * (x - a / n))" },
  value = "(gy - s / n - (x - a / n) * q / (v + n * eps)) / sqrt(v / n + eps)",
  doc = "The gradient of normalize.", example = "nn.LayerNorm()" }

op.reduce { name = "rms", args = { "x" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "q = sum(x * x)" }, value = "x / sqrt(q / n + eps)",
  doc = "x over the root of the mean of its squares + eps.", example = "nn.RMSNorm()",
  grad = function(y, gy, x)
    local of = core.info(y)
    return op.call.rms_grad(x, gy, { axes = of.axes, eps = of.eps })
  end }

op.reduce { name = "rms_grad", args = { "x", "gy" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "q = sum(x * x)", "s = sum(gy * x)" },
  value = "(gy - x * s / (q + n * eps)) / sqrt(q / n + eps)",
  doc = "The gradient of rms.", example = "nn.RMSNorm()" }

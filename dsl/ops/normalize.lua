-- normalize.lua -- zero mean and unit variance, or unit mean square, along axes: the hearts of
-- LayerNorm and RMSNorm.
local core = ...
local op = core.use("dsl/op.lua")

op.reduce { name = "normalize", args = { "x" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "sum = sum(x)", "mean = sum / n", "squares = sum((x - mean) * (x - mean))" },
  value = "(x - mean) / sqrt(squares / n + eps)",
  doc = "x less its mean, over the root of its variance + eps; n is the number of values.",
  example = "nn.LayerNorm()",
  grad = function(y, gy, x)
    local of = core.info(y)
    return op.call.normalize_grad(x, gy, { axes = of.axes, eps = of.eps })
  end }

op.reduce { name = "normalize_grad", args = { "x", "gy" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "sum = sum(x)", "mean = sum / n", "squares = sum((x - mean) * (x - mean))",
    "gsum = sum(gy)", "dot = sum(gy * (x - mean))" },
  value = "(gy - gsum / n - (x - mean) * dot / (squares + n * eps)) / sqrt(squares / n + eps)",
  doc = "The gradient of normalize.", example = "nn.LayerNorm()" }

op.reduce { name = "rms", args = { "x" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "squares = sum(x * x)" }, value = "x / sqrt(squares / n + eps)",
  doc = "x over the root of the mean of its squares + eps.", example = "nn.RMSNorm()",
  grad = function(y, gy, x)
    local of = core.info(y)
    return op.call.rms_grad(x, gy, { axes = of.axes, eps = of.eps })
  end }

op.reduce { name = "rms_grad", args = { "x", "gy" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "squares = sum(x * x)", "dot = sum(gy * x)" },
  value = "(gy - x * dot / (squares + n * eps)) / sqrt(squares / n + eps)",
  doc = "The gradient of rms.", example = "nn.RMSNorm()" }

-- normalize.lua -- zero mean and unit variance along axes: the heart of LayerNorm.
local core = ...
local op = core.use("dsl/op.lua")

op.reduce { name = "normalize", args = { "x" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "a = sum(x)", "v = sum((x - a / n) * (x - a / n))" }, value = "(x - a / n) / sqrt(v / n + eps)",
  doc = "x less its mean, over the root of its variance + eps; n is the number of values.",
  example = "nn.LayerNorm()",
  tests = { { { 3, 5 }, axes = 2 }, { { 2, 3, 4 }, axes = 4 } },
  grad = function(y, gy, x)
    local of = core.info(y)
    return op.call.normalize_grad(x, gy, { axes = of.axes, eps = of.eps })
  end }

op.reduce { name = "normalize_grad", args = { "x", "gy" }, attrs = { eps = 1e-5 }, hidden = true,
  folds = { "a = sum(x)", "v = sum((x - a / n) * (x - a / n))", "s = sum(gy)",
    "q = sum(gy * (x - a / n))" },
  value = "(gy - s / n - (x - a / n) * q / (v + n * eps)) / sqrt(v / n + eps)",
  doc = "The gradient of normalize.", example = "nn.LayerNorm()" }

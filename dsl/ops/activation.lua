-- activation.lua -- the activations of torch.nn, with PyTorch's values at their kinks, at infinity
-- and for NaN.
local core = ...
local map = core.use("dsl/op.lua").map

map { name = "relu", args = { "x" },
  doc = "x where it is above 0, else 0; a NaN stays. Its derivative at 0 is 0.",
      value = "select(x <= 0, 0, x)", grad = { x = "select(y <= 0, 0, gy)" } }
map { name = "tanh", args = { "x" }, doc = "The hyperbolic tangent.", value = "tanh(x)",
      grad = { x = "gy * (1 - y * y)" } }
map { name = "sigmoid", args = { "x" }, doc = "1 / (1 + exp(-x))", value = "1 / (1 + exp(-x))",
      grad = { x = "gy * y * (1 - y)" } }
map { name = "gelu", args = { "x" },
  doc = "x times the normal distribution function of x, exactly.",
      value = "0.5 * x * (1 + erf(x * 0.7071067811865476))",
      example = "fn.gelu(x, { approximate = \"tanh\" })",
      grad = { x = "gy * (0.5 * (1 + erf(x * 0.7071067811865476)) + x * 0.3989422804014327 * "
        .. "exp(-0.5 * x * x))" } }
map { name = "gelu_tanh", args = { "x" }, hidden = true,
  doc = "The approximation of gelu that GPT-2 uses.",
      let = { "s = 1 / (1 + exp(-1.5957691216057308 * (x + 0.044715 * x * x * x)))",
        "d = s * (1 - s)" },
      value = "x * s", example = "fn.gelu(x, { approximate = \"tanh\" })",
      grad = { x = "gy * (s + select(d == 0, 0, x * d * 1.5957691216057308 * (1 + 0.134145 * x "
        .. "* x)))" } }
map { name = "silu", args = { "x" }, doc = "x * sigmoid(x), also called swish.",
      let = { "s = 1 / (1 + exp(-x))" }, value = "x * s",
      grad = { x = "gy * s * (1 + x * (1 - s))" } }
map { name = "softplus", args = { "x" }, attrs = { beta = 1, threshold = 20 },
      doc = "log(1 + exp(beta * x)) / beta, a smooth relu; x itself where beta * x is above the "
        .. "threshold.",
      value = "select(beta * x > threshold, x, (max(beta * x, 0) + log1p(exp(-abs(beta * x)))) / "
        .. "beta)",
      grad = { x = "select(beta * x > threshold, gy, gy / (1 + exp(-(beta * x))))" },
      refuse = function(o) return o.beta == 0 and "beta = 0 divides by 0" end,
      example = "fn.softplus(x, { beta = 2 })" }
map { name = "leaky_relu", args = { "x" }, attrs = { negative_slope = 0.01 },
      doc = "x where it is above 0, else negative_slope * x.",
      value = "select(x > 0, x, negative_slope * x)",
      grad = { x = "select(x > 0, gy, negative_slope * gy)" },
      example = "fn.leaky_relu(x, { negative_slope = 0.1 })" }
map { name = "elu", args = { "x" }, attrs = { alpha = 1 },
      doc = "x where it is above 0, else alpha * (exp(x) - 1).",
      value = "select(x <= 0, alpha * expm1(x), x)",
      grad = { x = "select(x <= 0, gy * alpha * exp(x), gy)" } }

map { name = "celu", args = { "x" }, attrs = { alpha = 1 },
      doc = "x where it is above 0, else alpha * (exp(x / alpha) - 1).",
      value = "select(x <= 0, alpha * expm1(x / alpha), x)",
      grad = { x = "select(x <= 0, gy * exp(x / alpha), gy)" },
      refuse = function(o) return o.alpha == 0 and "alpha = 0 divides by 0" end,
      example = "fn.celu(x, { alpha = 0.5 })" }
map { name = "selu", args = { "x" },
      doc = "elu with the alpha and the scale that keep mean 0 and variance 1 from layer to layer.",
      value = "1.0507009873554805 * select(x <= 0, 1.6732632423543772 * expm1(x), x)",
      grad = { x = "select(x <= 0, gy * 1.7580993408473766 * exp(x), gy * 1.0507009873554805)" } }
map { name = "mish", args = { "x" }, doc = "x * tanh(softplus(x))",
      let = { "s = 1 / (1 + exp(-x))", "t = tanh(max(x, 0) + log1p(exp(-abs(x))))" },
      value = "x * t",
      grad = { x = "gy * (t + x * s * (1 - t * t))" } }
map { name = "logsigmoid", args = { "x" }, doc = "The logarithm of sigmoid(x), safe for any x.",
      value = "min(x, 0) - log1p(exp(-abs(x)))", grad = { x = "gy / (1 + exp(x))" } }
map { name = "softsign", args = { "x" }, doc = "x / (1 + abs(x))", value = "x / (1 + abs(x))",
      grad = { x = "gy * (1 - abs(x) / (1 + abs(x))) / (1 + abs(x))" } }
map { name = "hardtanh", args = { "x" }, attrs = { min_val = -1, max_val = 1 },
      doc = "x, no less than min_val and no more than max_val; the derivative at the bounds is 0.",
      value = "select(x < min_val, min_val, select(x > max_val, max_val, x))",
      grad = { x = "select(x <= min_val, 0, select(x >= max_val, 0, gy))" },
      refuse = function(o) return o.min_val > o.max_val
        and ("min_val = %g is above max_val = %g"):format(o.min_val, o.max_val) end,
      example = "fn.hardtanh(x, { min_val = -2, max_val = 2 })" }
map { name = "relu6", args = { "x" }, doc = "x from 0 to 6; the derivative at the bounds is 0.",
      value = "select(x < 0, 0, select(x > 6, 6, x))",
      grad = { x = "select(x <= 0, 0, select(x >= 6, 0, gy))" } }
map { name = "hardsigmoid", args = { "x" },
  doc = "(x + 3) / 6 from 0 to 1, sigmoid of three straight pieces.",
      value = "min(max(x + 3, 0), 6) / 6",
      grad = { x = "select(x > -3, select(x < 3, gy / 6, 0), 0)" } }
map { name = "hardswish", args = { "x" }, doc = "x * hardsigmoid(x)",
  value = "x * min(max(x + 3, 0), 6) / 6",
      grad = { x = "select(x <= -3, 0, select(x < 3, gy * (x / 3 + 0.5), gy))" } }
map { name = "hardshrink", args = { "x" }, attrs = { lambd = 0.5 },
      doc = "x, or 0 where its absolute value is at most lambd.",
      value = "select(abs(x) <= lambd, 0, x)", grad = { x = "select(abs(x) <= lambd, 0, gy)" },
      example = "fn.hardshrink(x, { lambd = 1 })" }
map { name = "softshrink", args = { "x" }, attrs = { lambd = 0.5 },
      doc = "x moved towards 0 by lambd; 0 where its absolute value is at most lambd.",
      value = "select(x > lambd, x - lambd, select(x < -lambd, x + lambd, 0 * x))",
      grad = { x = "select(abs(x) <= lambd, 0, gy)" },
      example = "fn.softshrink(x, { lambd = 1 })" }
map { name = "tanhshrink", args = { "x" }, doc = "x - tanh(x)", let = { "t = tanh(x)" },
  value = "x - t",
      grad = { x = "gy - gy * (1 - t * t)" } }
map { name = "threshold", args = { "x" }, attrs = { threshold = 0, value = 0 },
      doc = "x where it is above the threshold, else value.",
      value = "select(x <= threshold, value, x)", grad = { x = "select(x <= threshold, 0, gy)" },
      example = "fn.threshold(x, { threshold = 0.1, value = 20 })" }
map { name = "prelu", args = { "x", "w" }, doc = "x where it is above 0, else w * x; w is learned.",
      value = "select(x > 0, x, w * x)",
      grad = { x = "select(x > 0, gy, gy * w)", w = "select(x > 0, 0, gy * x)" },
      example = "fn.prelu(x, w)" }
